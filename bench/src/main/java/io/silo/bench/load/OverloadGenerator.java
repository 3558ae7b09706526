package io.silo.bench.load;

import io.silo.protocol.session.ShardRoute;
import io.silo.transport.ShardClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * What is left of a server's throughput when more arrives than it can carry?
 *
 * <p>Producers enqueue at a given rate in all, open loop: what is refused, or does not fit a producer's window, is counted and
 * not sent again, so the rate stays. A worker beside them reports every task at once. The figure is the jobs that come out at its
 * end: a server that takes in more than it can finish, or spends its time on saying no, shows it there.
 *
 * <p>Expected: at twice the rate of the closed loop at least 0.8 of its throughput, refusals within milliseconds.
 */
public final class OverloadGenerator implements AutoCloseable {
    private static final int POLL_LIMIT = 64; // fragments of one producer before the others have their turn
    private static final long LATENCY_NS_MAX = TimeUnit.MINUTES.toNanos(1);
    private static final long RETRY_MS_MAX = TimeUnit.MINUTES.toMillis(1);

    /** How long jobs that were accepted are worked off at the end. */
    private static final long DRAIN_NS_MAX = TimeUnit.SECONDS.toNanos(30);

    private final LoadSettings settings;
    private final double jobsPerSecond;
    private final int jobsPerCommand;
    private final LoadConnections connections;
    private final List<OverloadProducer> producers = new ArrayList<>();
    private final List<OverloadWorker> workers = new ArrayList<>();
    private final Histogram ackNs = new Histogram(LATENCY_NS_MAX, 3);
    private final Histogram refusalNs = new Histogram(LATENCY_NS_MAX, 3);
    private final Histogram retryAfterMs = new Histogram(RETRY_MS_MAX, 3);
    private final IdleStrategy idle = new BackoffIdleStrategy(20, 50, 1_000, 50_000);
    private long nextNumber;
    private int nextProducer;
    private long offered;
    private long heldBack;
    private long refused;
    private long enqueued;
    private long lifecycles;
    private long unfinished;

    /**
     * Connects all producers and the worker.
     *
     * @param transport not closed here.
     * @param jobsPerSecond arrivals of all producers together.
     * @throws LoadException if a session could not be opened.
     */
    public OverloadGenerator(LoadTransport transport, LoadSettings settings, int producerCount, double jobsPerSecond) {
        this.settings = settings;
        this.jobsPerSecond = jobsPerSecond;
        this.jobsPerCommand = settings.jobsPerCommand();
        final byte[] taskGroup = ("overload-"
                        + Long.toHexString(ThreadLocalRandom.current().nextLong()))
                .getBytes(StandardCharsets.UTF_8);
        nextNumber = ThreadLocalRandom.current().nextLong();
        connections = new LoadConnections(transport, settings.durability(), idle);
        boolean connected = false;
        try {
            for (ShardRoute route : connections.routes()) {
                workers.add(new OverloadWorker(this, connections.client(route), route.shard(), settings.durability()));
            }
            connections.subscribe(workers, taskGroup, LoadSettings.WINDOW_MAX);
            final byte[] payload = new byte[settings.payloadBytes()];
            ThreadLocalRandom.current().nextBytes(payload); // random: a disk that compresses must not look fast
            for (int i = 0; i < producerCount; i++) {
                connect(
                        transport,
                        LoadGenerator.tenantName(i % settings.tenants(), settings.tenants()),
                        taskGroup,
                        payload);
            }
            connected = true;
        } finally {
            if (!connected) {
                close();
            }
        }
    }

    private void connect(LoadTransport transport, byte[] tenant, byte[] taskGroup, byte[] payload) {
        final ShardRoute route = connections.routes().get(connections.routeOf(tenant));
        final OverloadProducer producer = new OverloadProducer(
                this,
                new EnqueueTemplate(route.shard(), settings.durability(), tenant, taskGroup, payload, jobsPerCommand),
                settings.window());
        final ShardClient client =
                new ShardClient(transport.aeron(), LoadConnections.context(transport, route.thread()), producer);
        producer.client(client);
        producers.add(producer);
        if (!LoadConnections.isOpened(client, idle)) {
            throw LoadConnections.failure(client);
        }
    }

    /**
     * Runs the warm-up and the measurement, then works off what was accepted.
     *
     * @throws LoadException if the server refuses for another reason than being busy.
     */
    public OverloadResult run() {
        produce(settings.warmUpNs());
        ackNs.reset();
        refusalNs.reset();
        retryAfterMs.reset();
        offered = 0;
        heldBack = 0;
        refused = 0;
        enqueued = 0;
        lifecycles = 0;
        final long begin = System.nanoTime();
        produce(settings.seconds() * 1_000_000_000L);
        final OverloadResult result = new OverloadResult(
                offered,
                heldBack,
                refused,
                enqueued,
                lifecycles,
                System.nanoTime() - begin,
                LoadResult.Latency.of(ackNs, 1e3),
                LoadResult.Latency.of(refusalNs, 1e3),
                LoadResult.Latency.of(retryAfterMs, 1));
        final long deadlineNs = System.nanoTime() + DRAIN_NS_MAX;
        while (unfinished > 0 && System.nanoTime() - deadlineNs < 0) {
            idle.idle(poll());
        }
        return result;
    }

    private void produce(long lengthNs) {
        final long begin = System.nanoTime();
        final double commandsPerNs = jobsPerSecond / jobsPerCommand / 1e9;
        long commands = 0;
        long elapsedNs = 0;
        while (elapsedNs < lengthNs) {
            int work = poll();
            final long nowNs = System.nanoTime();
            elapsedNs = nowNs - begin;
            for (long due = (long) (elapsedNs * commandsPerNs); commands < due; commands++) {
                offer(nowNs);
                work++;
            }
            idle.idle(work);
        }
    }

    /** Each arrival belongs to the next producer: one that cannot send loses it. */
    private void offer(long nowNs) {
        nextProducer = nextProducer + 1 < producers.size() ? nextProducer + 1 : 0;
        offered += jobsPerCommand;
        if (producers.get(nextProducer).send(nextNumber, nowNs)) {
            unfinished += jobsPerCommand;
        } else {
            heldBack += jobsPerCommand;
        }
        nextNumber += jobsPerCommand;
    }

    private int poll() {
        int work = connections.poll();
        for (int i = 0; i < producers.size(); i++) {
            work += producers.get(i).client().poll(POLL_LIMIT);
        }
        for (int i = 0; i < workers.size(); i++) {
            work += workers.get(i).flush();
        }
        return work;
    }

    void onEnqueued(int jobs, long sentNs) {
        enqueued += jobs;
        ackNs.recordValue(Math.min(System.nanoTime() - sentNs, LATENCY_NS_MAX));
    }

    void onRefused(int jobs, long sentNs, long retryMs) {
        refused += jobs;
        unfinished -= jobs;
        refusalNs.recordValue(Math.min(System.nanoTime() - sentNs, LATENCY_NS_MAX));
        retryAfterMs.recordValue(Math.min(retryMs, RETRY_MS_MAX));
    }

    void onDone(int jobs) {
        lifecycles += jobs;
        unfinished -= jobs;
    }

    @Override
    public void close() {
        connections.close();
        for (OverloadProducer producer : producers) {
            producer.client().close();
        }
    }
}
