package io.silo.server.gubernator;

import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.silo.server.config.HostPort;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import io.silo.shard.rate.RateAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a Gubernator what the shards want to know: in batches, of which a bounded number is under way, each with a deadline. A thread of its
 * own gathers and sends; gRPC's threads take the answers. An answer that is missing, late or marked as an error is an error, never a pass.
 *
 * <pre>
 *   shard thread --ask--> port --> sender: 100 questions or 5 ms --> gRPC --> port --poll--> shard thread
 * </pre>
 *
 * <p>While Gubernator does not answer, one batch at a time finds out, each after a longer wait, up to a second; what came meanwhile fails with
 * it. So a Gubernator that is back is found within a second, and one that is gone costs little.
 */
public final class GubernatorClient implements AutoCloseable {
    /** Questions in one call (RATE-2). */
    static final int BATCH_MAX = 100;

    /** How long a question waits for others to go with it (RATE-2). */
    private static final long GATHER_NS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Calls under way: some ten thousand questions a second if each takes a tenth of one. */
    private static final int CALLS_MAX = 8;

    /** How long a start waits for the connection (RATE-11). */
    private static final long CONNECT_MS_MAX = 5_000;

    private static final long HOLD_NS_MIN = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long HOLD_NS_MAX = TimeUnit.SECONDS.toNanos(1);
    private static final long ITEM_WARNING_NS = TimeUnit.MINUTES.toNanos(1);
    private static final long PARK_NS_MAX = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSE_MS_MAX = 2_000;

    private static final Logger LOGGER = LoggerFactory.getLogger(GubernatorClient.class);

    private final HostPort address;
    private final long timeoutMs;
    private final ManagedChannel channel;
    private final List<GubernatorPort> ports = new CopyOnWriteArrayList<>();
    private final AtomicInteger callsUnderWay = new AtomicInteger();
    private final Thread sender;
    private volatile boolean closed;
    private volatile boolean failing;
    private volatile boolean failQueued;
    private volatile long failedNs;
    private volatile long holdNs;
    private volatile long heldUntilNs;
    private volatile long itemWarnedNs;
    private boolean isStarted;

    /** @param timeoutMs deadline of each call. */
    private GubernatorClient(HostPort address, long timeoutMs) {
        this.address = address;
        this.timeoutMs = timeoutMs;
        final String target = address.toString();
        channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .build();
        itemWarnedNs = System.nanoTime() - ITEM_WARNING_NS;
        sender = new Thread(this::run, "silo-gubernator");
        sender.setDaemon(true);
    }

    /**
     * Connects.
     *
     * @throws ServerException if that takes longer than 5 s, or what answers is no Gubernator.
     */
    public static GubernatorClient connect(HostPort address, long timeoutMs) {
        return connect(address, timeoutMs, CONNECT_MS_MAX);
    }

    static GubernatorClient connect(HostPort address, long timeoutMs, long connectMs) {
        final GubernatorClient client = new GubernatorClient(address, timeoutMs);
        boolean isConnected = false;
        try {
            client.awaitConnection(connectMs);
            isConnected = true;
        } finally {
            if (!isConnected) {
                client.close();
            }
        }
        client.isStarted = true;
        client.sender.start();
        return client;
    }

    private void awaitConnection(long connectMs) {
        final CallOptions options =
                CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(connectMs, TimeUnit.MILLISECONDS);
        String why = "";
        try {
            final byte[] ignored =
                    ClientCalls.blockingUnaryCall(channel, GubernatorWire.HEALTH_CHECK, options, new byte[0]);
            return;
        } catch (StatusRuntimeException failed) {
            why = describe(failed.getStatus());
            // Whoever answers at all is there; how its peers are is told with each question.
            final boolean isThere = channel.getState(false) == ConnectivityState.READY
                    && failed.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED;
            if (isThere && failed.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
                LOGGER.warn("Gubernator at {} is there and says: {}", address, why);
                return;
            }
        }
        throw new ServerException(
                ServerErrorCode.GUBERNATOR_UNREACHABLE,
                "No Gubernator answers at " + address + ", the gubernator.address, within "
                        + TimeUnit.MILLISECONDS.toSeconds(connectMs) + " s: " + why + ".",
                "Start it, or correct gubernator.address; without that key the shards answer rate limits themselves.");
    }

    private static String describe(Status status) {
        final String text = status.getDescription();
        return status.getCode() + (text == null ? "" : ", " + text);
    }

    /** A port for one shard; before its thread starts. */
    public GubernatorPort newPort() {
        // A question may wait as long as its call may take, and then for one more that finds out.
        final GubernatorPort port = new GubernatorPort(this, timeoutMs + TimeUnit.NANOSECONDS.toMillis(HOLD_NS_MAX));
        ports.add(port);
        return port;
    }

    /** The shards of all ports so far are closed: what is under way for them is answered to nobody. */
    public void dropPorts() {
        ports.clear();
    }

    /** A shard has asked. */
    void onAsked() {
        LockSupport.unpark(sender);
    }

    // ---- the sender
    // ---------------------------------------------------------------------------------------------------------

    private void run() {
        List<GubernatorAsk> batch = new ArrayList<>(BATCH_MAX);
        while (!closed) {
            if (failQueued) {
                failQueued = false;
                failAskedBefore(batch, failedNs);
            }
            gather(batch);
            final long nowNs = System.nanoTime();
            failOld(batch, nowNs);
            final long waitNs = waitNs(batch, nowNs);
            if (waitNs > 0) {
                LockSupport.parkNanos(this, waitNs);
            } else {
                send(batch);
                batch = new ArrayList<>(BATCH_MAX);
            }
        }
        failAll(batch);
    }

    /** What came while a call failed fails with it; a question of later may find Gubernator back. */
    private void failAskedBefore(List<GubernatorAsk> batch, long beforeNs) {
        boolean isMore = true;
        while (isMore) {
            gather(batch);
            isMore = batch.removeIf(ask -> {
                final boolean isBefore = ask.askedNs - beforeNs <= 0;
                if (isBefore) {
                    ask.answer(RateAnswer.ERROR, 0);
                }
                return isBefore;
            });
        }
    }

    /** What was asked up to now is not asked any more. */
    private void failAll(List<GubernatorAsk> batch) {
        do {
            batch.forEach(ask -> ask.answer(RateAnswer.ERROR, 0));
            batch.clear();
            gather(batch);
        } while (!batch.isEmpty());
    }

    private void gather(List<GubernatorAsk> batch) {
        boolean isMore = true;
        while (isMore && batch.size() < BATCH_MAX) {
            isMore = false;
            // In turn, so that a busy shard does not keep the others back.
            for (GubernatorPort port : ports) {
                final @Nullable GubernatorAsk ask = batch.size() < BATCH_MAX ? port.pollAsked() : null;
                if (ask != null) {
                    batch.add(ask);
                    isMore = true;
                }
            }
        }
    }

    /** What waited as long as a call may take for a call to be possible is not asked any more. */
    private void failOld(List<GubernatorAsk> batch, long nowNs) {
        final long oldestNs = nowNs - TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        batch.removeIf(ask -> {
            final boolean isOld = ask.askedNs - oldestNs < 0;
            if (isOld) {
                ask.answer(RateAnswer.ERROR, 0);
            }
            return isOld;
        });
    }

    /** Until the batch may go; 0 = now. */
    private long waitNs(List<GubernatorAsk> batch, long nowNs) {
        if (batch.isEmpty()) {
            return PARK_NS_MAX;
        }
        final long heldNs = failing ? heldUntilNs - nowNs : 0;
        final int callsMax = failing ? 1 : CALLS_MAX;
        if (callsUnderWay.get() >= callsMax) {
            // The end of a call wakes this thread.
            return PARK_NS_MAX;
        }
        final long gatherNs = batch.size() == BATCH_MAX ? 0 : batch.get(0).askedNs + GATHER_NS - nowNs;
        return Math.max(0, Math.max(heldNs, gatherNs));
    }

    private void send(List<GubernatorAsk> batch) {
        callsUnderWay.incrementAndGet();
        if (failing) {
            // Else gRPC would wait for minutes before it tries again.
            channel.resetConnectBackoff();
        }
        ClientCalls.asyncUnaryCall(
                channel.newCall(
                        GubernatorWire.GET_RATE_LIMITS,
                        CallOptions.DEFAULT.withDeadlineAfter(timeoutMs, TimeUnit.MILLISECONDS)),
                batch,
                new Answers(batch));
    }

    /** One call under way. */
    private final class Answers implements StreamObserver<List<GubernatorWire.Item>> {
        private final List<GubernatorAsk> batch;
        private List<GubernatorWire.Item> items = List.of();

        private Answers(List<GubernatorAsk> batch) {
            this.batch = batch;
        }

        @Override
        public void onNext(List<GubernatorWire.Item> response) {
            items = response;
        }

        @Override
        public void onError(Throwable failed) {
            GubernatorClient.this.onFailed(describe(Status.fromThrowable(failed)));
            batch.forEach(ask -> ask.answer(RateAnswer.ERROR, 0));
            end();
        }

        @Override
        public void onCompleted() {
            if (items.size() == batch.size()) {
                onWorked();
                for (int i = 0; i < items.size(); i++) {
                    answer(batch.get(i), items.get(i));
                }
            } else {
                // Which answer belongs to which question, nobody knows.
                GubernatorClient.this.onFailed(items.size() + " answers to " + batch.size() + " questions");
                batch.forEach(ask -> ask.answer(RateAnswer.ERROR, 0));
            }
            end();
        }

        private void end() {
            callsUnderWay.decrementAndGet();
            LockSupport.unpark(sender);
        }
    }

    private void answer(GubernatorAsk ask, GubernatorWire.Item item) {
        // RATE-3 lets an error pass, since its status is "under the limit". Here it does not, nor does an item that
        // says nothing.
        if (!item.error().isEmpty()
                || item.limit() == 0 && ask.limit != 0
                || item.status() != GubernatorWire.UNDER_LIMIT && item.status() != GubernatorWire.OVER_LIMIT) {
            warnOfItem(item);
            ask.answer(RateAnswer.ERROR, 0);
        } else {
            ask.answer(
                    item.status() == GubernatorWire.UNDER_LIMIT ? RateAnswer.PASS : RateAnswer.OVER,
                    Math.max(0, item.resetTimeMs()));
        }
    }

    private void warnOfItem(GubernatorWire.Item item) {
        final long nowNs = System.nanoTime();
        if (nowNs - itemWarnedNs >= ITEM_WARNING_NS) {
            itemWarnedNs = nowNs;
            LOGGER.warn(
                    "Gubernator at {} cannot answer for a rate limit, whose jobs wait: {}",
                    address,
                    item.error().isEmpty() ? "status " + item.status() + ", limit " + item.limit() : item.error());
        }
    }

    private void onFailed(String why) {
        final long nextNs = failing ? Math.min(HOLD_NS_MAX, 2 * holdNs) : HOLD_NS_MIN;
        holdNs = nextNs;
        final long nowNs = System.nanoTime();
        heldUntilNs = nowNs + nextNs;
        failedNs = nowNs;
        failQueued = true;
        if (!failing && !closed) {
            failing = true;
            LOGGER.warn("Gubernator at {} does not answer, jobs with rate limits wait: {}", address, why);
        }
    }

    private void onWorked() {
        if (failing) {
            failing = false;
            LOGGER.info("Gubernator at {} answers again", address);
        }
    }

    /** What is under way fails; ports take no harm. */
    @Override
    public void close() {
        closed = true;
        channel.shutdownNow();
        LockSupport.unpark(sender);
        try {
            if (isStarted) {
                sender.join(CLOSE_MS_MAX);
            }
            if (!channel.awaitTermination(CLOSE_MS_MAX, TimeUnit.MILLISECONDS)) {
                LOGGER.warn("The connection to Gubernator at {} did not close in order", address);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
