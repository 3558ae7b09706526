package io.silo.server;

import io.silo.gateway.ServedNode;
import io.silo.gateway.ServedShard;
import io.silo.log.EventLog;
import io.silo.log.FaultPlan;
import io.silo.protocol.Bounds;
import io.silo.protocol.CommandSource;
import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.ShardRoute;
import io.silo.protocol.session.TokenTable;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Settings;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.gubernator.GubernatorClient;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.shard.Shard;
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardListener;
import io.silo.shard.ThreadBounds;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.transport.AeronIngress;
import io.silo.transport.IngressContext;
import io.silo.transport.IngressCounters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.Agent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shards of this node on their threads: opened, served, emptied and closed. Opened and closed by the server's thread; emptied by one of
 * its own, never both at once. What it tells may be asked by any.
 *
 * <p>Shards are emptied as a stop and a start: all threads end and close their logs, the directories are emptied, and the shards are opened
 * as after a restart, on new threads behind the old ingress. So neither a shard nor what has to do with it (subscriptions, reads under
 * way, waiting calls) ever meets another life of its log, and clients do what they do when a server is started again.
 */
final class NodeShards implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(NodeShards.class);

    /** Resets that wait behind the one under way. */
    private static final int RESETS_MAX = 4;

    /** A reset takes longer only where a disk stands still; it then goes on. */
    private static final long RESET_S_MAX = 60;

    /** Between two looks whether the server stops. */
    private static final long STOP_LOOK_MS = 100;

    /**
     * How far an epoch is raised of whose log only the map is known: each start whose map was not written may have begun another. As a
     * restore raises them.
     */
    private static final long EPOCHS_UNKNOWN = 1L << 32;

    private final ServerConfig config;
    private final ShardOpening opening;
    private final AeronConnection connection;
    private final @Nullable GubernatorClient gubernator;
    private final FaultPlan faults;
    private final ShardListener listener = listener();
    private final ReentrantLock lifecycle = new ReentrantLock();
    private final ThreadPoolExecutor resets = new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(RESETS_MAX), NodeShards::resetThread);
    private final List<AeronIngress> ingresses = new ArrayList<>();
    private final List<ColdReadThread> coldReads = new ArrayList<>();
    private volatile List<ShardThread> threads = List.of();
    private volatile List<ShardSlot> slots = List.of();
    private volatile List<ShardRoute> routes = List.of();
    private volatile long eventsReplayed;
    private volatile boolean stopping;

    /** @param gubernator null = the shards answer rate limits themselves. */
    NodeShards(
            ServerConfig config,
            ShardOpening opening,
            AeronConnection connection,
            @Nullable GubernatorClient gubernator,
            FaultPlan faults) {
        this.config = config;
        this.opening = opening;
        this.connection = connection;
        this.gubernator = gubernator;
        this.faults = faults;
        resets.allowCoreThreadTimeOut(true);
    }

    private static Thread resetThread(Runnable task) {
        final Thread thread = new Thread(task, "silo-reset");
        thread.setDaemon(true);
        return thread;
    }

    /** Judges and replays the logs. Nothing is served yet. */
    void open() {
        slots = opening.judge();
        place();
        openThreads();
    }

    /** Starts the threads; on return calls are answered. */
    void start() {
        threads.forEach(ShardThread::start);
    }

    /** Healthy shards get dense numbers, neighbours on one thread; quarantined ones come behind them. */
    private void place() {
        final List<ShardSlot> healthy =
                slots.stream().filter(slot -> slot.log() != null).toList();
        if (ingresses.isEmpty()) {
            openIngresses(Math.max(1, Math.min(config.intValue(Settings.SHARD_THREADS), healthy.size())));
        }
        int number = 0;
        for (ShardSlot slot : healthy) {
            slot.place(number, (int) ((long) number * ingresses.size() / healthy.size()));
            number++;
        }
        for (ShardSlot slot : slots) {
            if (slot.log() == null) {
                slot.place(number++, 0);
            }
        }
    }

    /** Clients know the threads by their streams: there are as many as at the start for as long as the process lives. */
    private void openIngresses(int count) {
        for (int thread = 0; thread < count; thread++) {
            ingresses.add(
                    new AeronIngress(connection.aeron(), ingressContext(thread).standstills(connection.pulse())));
        }
    }

    private void openThreads() {
        final int healthy =
                (int) slots.stream().filter(slot -> slot.log() != null).count();
        for (int thread = 0; thread < ingresses.size(); thread++) {
            final ColdReadThread reads = new ColdReadThread(String.format(Locale.ROOT, "silo-read-%03d", thread));
            coldReads.add(reads);
            for (ShardSlot slot : slots) {
                final EventLog log = slot.log();
                if (log != null && slot.thread() == thread) {
                    reads.add(slot.number(), log);
                    opening.make(slot, ingresses.get(thread).replySink(), reads, rateService(), listener);
                }
            }
            reads.start();
        }
        eventsReplayed = opening.recover(slots);
        routes = slots.stream().map(ShardSlot::route).toList();
        final List<ShardThread> made = new ArrayList<>();
        for (int thread = 0; thread < ingresses.size(); thread++) {
            final String name = String.format(Locale.ROOT, "silo-shard-%03d", thread);
            final Agent agent = agent(name, thread, healthy);
            final Runnable renewLeases = agent instanceof ShardAgent shards ? shards::renewLeases : () -> {};
            made.add(new ShardThread(name, agent, ingresses.get(thread), connection::aeron, renewLeases));
        }
        threads = List.copyOf(made);
    }

    private Agent agent(String name, int thread, int healthy) {
        final AeronIngress ingress = ingresses.get(thread);
        final List<Shard> shards = new ArrayList<>();
        for (ShardSlot slot : slots) {
            final Shard shard = slot.shard();
            if (shard != null && slot.thread() == thread) {
                shards.add(shard);
            }
        }
        final boolean hasQuarantined = thread == 0 && healthy < slots.size();
        if (shards.isEmpty()) {
            return new RefusingAgent(
                    name, new QuarantineSource(ingress.commandSource(), ingress.replySink(), 0), ingress);
        }
        final CommandSource source = hasQuarantined
                ? new QuarantineSource(ingress.commandSource(), ingress.replySink(), healthy)
                : ingress.commandSource();
        return new ShardAgent(
                name,
                shards,
                source,
                ingress.replySink(),
                coldReads.get(thread),
                listener,
                new SystemClock(),
                ThreadBounds.of(config.value(Settings.CLOCK_STEP_MS_MAX)));
    }

    /** Who answers the rate limits of one more shard. */
    private RateService rateService() {
        return gubernator == null ? RateService.NONE : gubernator.newPort();
    }

    private IngressContext ingressContext(int thread) {
        final TokenTable tokens = config.tokens().isEmpty() ? TokenTable.open() : TokenTable.of(config.tokens());
        final ServerHello hello = new ServerHello(
                ServerVersion.current(),
                config.intValue(Settings.LEASE_MS),
                Bounds.INLINE_BYTES_MAX,
                config.intValue(Settings.PAYLOAD_BYTES_MAX),
                () -> routes);
        return new IngressContext(thread, tokens, hello)
                .udp(
                        config.value(Settings.AERON_ADDRESS).toString(),
                        config.value(Settings.AERON_CONTROL_ADDRESS).toString())
                .limits(new SessionLimits(
                        config.intValue(Settings.SESSIONS_MAX),
                        TimeUnit.MILLISECONDS.toNanos(config.value(Settings.SESSION_TIMEOUT_MS)),
                        SessionLimits.MALFORMED_FRAMES_MAX));
    }

    // ---- what is told, and what may be ordered

    /** Empty until the logs are judged. Any thread. */
    List<ShardSlot> slots() {
        return slots;
    }

    int threadCount() {
        return threads.size();
    }

    /** Of the last opening. */
    long eventsReplayed() {
        return eventsReplayed;
    }

    /** In order of the threads; the same as long as the process lives. */
    List<IngressCounters> ingressCounters() {
        return ingresses.stream().map(AeronIngress::counters).toList();
    }

    /** The shards as the gateway knows them, whichever life they are in. */
    List<ServedShard> served() {
        return slots.stream()
                .map(slot -> new ServedShard(
                        slot.id(),
                        slot.entry().rangeFirst(),
                        slot.entry().rangeLast(),
                        () -> opening.createdAtMs(slot.id()),
                        () -> storage(slot.id()),
                        () -> compact(slot.id())))
                .toList();
    }

    /** The shard in the life that it is in. */
    private ShardSlot slot(UUID id) {
        return slots.stream()
                .filter(slot -> slot.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no shard " + id));
    }

    private ServedShard.Storage storage(UUID id) {
        final Shard shard = slot(id).shard();
        return shard == null
                ? new ServedShard.Storage(0, 0)
                : new ServedShard.Storage(
                        shard.counters().get(Figure.LOG_CYCLES),
                        shard.counters().get(Figure.LOG_BYTES));
    }

    private CompletableFuture<Boolean> compact(UUID id) {
        final ShardSlot slot = slot(id);
        final Shard shard = slot.shard();
        final List<ShardThread> running = threads;
        if (shard == null || slot.state() != ShardState.SERVING || slot.thread() >= running.size()) {
            return CompletableFuture.completedFuture(false);
        }
        return running.get(slot.thread()).order(() -> {
            // On its thread: it may have failed or ended since.
            if (slot.state() != ShardState.SERVING) {
                return false;
            }
            shard.cleaner().compact();
            return true;
        });
    }

    /** As {@link #reset}, on a thread for it. Any thread; fails with {@link ServedNode.Refused}. */
    CompletableFuture<Integer> resetLater() {
        try {
            return CompletableFuture.supplyAsync(this::reset, resets)
                    .orTimeout(RESET_S_MAX, TimeUnit.SECONDS)
                    .exceptionallyCompose(failed -> CompletableFuture.failedFuture(
                            failed instanceof TimeoutException
                                    ? new ServedNode.Refused(false, "The reset did not end in time; it goes on.")
                                    : failed));
        } catch (RejectedExecutionException full) {
            return CompletableFuture.failedFuture(
                    stopping ? stopped() : new ServedNode.Refused(true, "Too many resets wait for each other."));
        }
    }

    /**
     * Deletes everything that the shards hold and serves them empty, under higher epochs; those too that were not served. What counts is the
     * note in the shard map: until it is durable everything is as it was, from then on every shard is empty, and a start does what a crash
     * left undone.
     *
     * @return how many shards serve afterwards.
     */
    int reset() {
        lifecycle.lock();
        try {
            checkNotStopping();
            LOGGER.warn("Everything that {} shards hold is deleted, as an operator asked (ResetShards)", slots.size());
            threads.forEach(ShardThread::stop);
            for (ShardThread thread : threads) {
                while (!thread.await(STOP_LOOK_MS)) {
                    checkNotStopping();
                }
            }
            closeReads();
            closeLogs();
            faults.at("reset.stopped");
            final @Nullable RuntimeException notNoted = noteEmptying();
            checkNotStopping();
            reopen();
            if (notNoted != null) {
                throw new ServedNode.Refused(
                        false, "Nothing is deleted, for that could not be noted: " + notNoted.getMessage());
            }
            faults.at("reset.served");
            return (int) slots.stream()
                    .filter(slot -> slot.state() == ShardState.SERVING)
                    .count();
        } finally {
            lifecycle.unlock();
        }
    }

    /** Returns why it failed, null if it did not: what was there is to be served again in either case. */
    private @Nullable RuntimeException noteEmptying() {
        try {
            opening.beginEmptying(slots, EPOCHS_UNKNOWN);
            faults.at("reset.noted");
            return null;
        } catch (RuntimeException failed) {
            LOGGER.error("It could not be noted that the shards are to be emptied", failed);
            return failed;
        }
    }

    private void reopen() {
        if (gubernator != null) {
            gubernator.dropPorts();
        }
        try {
            ingresses.forEach(AeronIngress::dropSessions);
            open();
            checkNotStopping();
            start();
        } catch (ServedNode.Refused ending) {
            throw ending; // whoever stops the server closes what is open
        } catch (RuntimeException | Error failed) {
            LOGGER.error("The shards could not be opened again: nothing is served until the next start", failed);
            throw failed;
        }
    }

    private void checkNotStopping() {
        if (stopping) {
            throw stopped();
        }
    }

    private static ServedNode.Refused stopped() {
        return new ServedNode.Refused(false, "The server stops.");
    }

    // ---- the end

    /**
     * Ends the threads, which finish what is decided, and closes the logs.
     *
     * @param deadlineNs monotonic.
     * @return whether it was done by then; if not, a shard may still write.
     */
    boolean stop(long deadlineNs) {
        stopping = true;
        resets.shutdown();
        boolean inTime = lockUntil(deadlineNs);
        try {
            threads.forEach(ShardThread::stop);
            for (ShardThread thread : threads) {
                inTime &= thread.await(TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime()));
            }
            if (inTime) {
                closeLogs();
            }
            closeReads();
            return inTime;
        } finally {
            if (lifecycle.isHeldByCurrentThread()) {
                lifecycle.unlock();
            }
        }
    }

    /** A reset under way looks now and then whether the server stops. */
    private boolean lockUntil(long deadlineNs) {
        try {
            return lifecycle.tryLock(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void closeReads() {
        coldReads.forEach(ColdReadThread::close);
        coldReads.clear();
    }

    /** Each thread has closed the logs of its shards; this closes those of shards that never came to serve. */
    private void closeLogs() {
        for (ShardSlot slot : slots) {
            final EventLog log = slot.log();
            if (log != null) {
                try {
                    log.close();
                } catch (RuntimeException failed) {
                    LOGGER.error("The log of shard {} did not close in order", slot.index(), failed);
                }
            }
            slot.become(ShardState.CLOSED, "");
        }
    }

    /** Ends the sessions. After {@link #stop}. */
    @Override
    public void close() {
        ingresses.forEach(AeronIngress::close);
    }

    private ShardListener listener() {
        return new ShardListener() {
            @Override
            public void onShardFailed(int number, Throwable cause) {
                for (ShardSlot slot : slots) {
                    if (slot.number() == number) {
                        final String sentence = "It failed and is closed until the next start: " + cause.getMessage()
                                + " [" + ServerErrorCode.SHARD_FAILED.page() + "]";
                        slot.become(ShardState.FAILED, sentence);
                        LOGGER.error("Shard {} ({}) is closed, the others serve", slot.index(), slot.id(), cause);
                    }
                }
            }

            @Override
            public void onMalformedCommand(int number, RuntimeException cause) {
                LOGGER.warn("A client sent a command that shard {} cannot read: {}", number, cause.getMessage());
            }

            @Override
            public void onClockStepHeld(boolean held) {
                if (held) {
                    LOGGER.warn("The wall clock stepped forward by more than clock.max_step_ms; it is not followed.");
                } else {
                    LOGGER.info("The wall clock is followed again.");
                }
            }

            @Override
            public void onOverload(boolean begins, long refusals) {
                if (begins) {
                    LOGGER.warn("More arrives than a shard thread can carry; what is over is refused with BUSY.");
                } else {
                    LOGGER.info("All is taken again; {} commands were refused with BUSY.", refusals);
                }
            }

            @Override
            public void onStandstill(long ms) {
                LOGGER.warn(
                        "A shard thread stood still for {} ms: the process was stopped, or the disk did not answer."
                                + " Task leases begin anew.",
                        ms);
            }
        };
    }
}
