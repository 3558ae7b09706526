package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds floating limits out for a worker: waits at each shard for some that are due, has the handler answer, one after the other, and
 * reports what it says. Its leases are renewed meanwhile. Any thread.
 */
final class LimitRefresher {
    private static final Logger LOGGER = LoggerFactory.getLogger(LimitRefresher.class);

    /** How long a call waits at the server. */
    private static final long WAIT_MS = 20_000;

    /** Pause after a call that failed, and between looks at which shards there are. */
    private static final long PAUSE_MS = 1_000;

    /** Leases held at once. */
    private static final int LEASES_MAX = Bounds.REFRESHES_PER_CALL_MAX;

    private static final String NONSENSE = "INVALID_MAX";

    private final SiloClient client;
    private final SiloWorkerBuilder settings;
    private final RefreshHandler handler;

    /** One thread for the handler, which may take its time, and one for all else, which does not. */
    private final ScheduledThreadPoolExecutor handlers;

    private final ScheduledThreadPoolExecutor timers;
    private final Set<Integer> polled = ConcurrentHashMap.newKeySet();
    private final Semaphore permits = new Semaphore(LEASES_MAX);
    private volatile boolean stopped;

    LimitRefresher(SiloClient client, SiloWorkerBuilder settings, RefreshHandler handler) {
        this.client = client;
        this.settings = settings;
        this.handler = handler;
        handlers = executor("silo-refresh-" + settings.taskGroup);
        timers = executor("silo-refresh-timer-" + settings.taskGroup);
    }

    private static ScheduledThreadPoolExecutor executor(String name) {
        final ScheduledThreadPoolExecutor executor =
                new ScheduledThreadPoolExecutor(1, task -> AeronAccess.daemon(task, name));
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    void start() {
        var unused = timers.scheduleWithFixedDelay(this::pollNewShards, 0, PAUSE_MS, TimeUnit.MILLISECONDS);
    }

    private void pollNewShards() {
        final ShardMap map = client.agent().map();
        if (map == null) {
            return;
        }
        for (final ShardMap.Target target : map.targets()) {
            if (polled.add(target.shard())) {
                poll(target.shard());
            }
        }
    }

    /** Asks one shard; {@link #pollNewShards} asks again after a pause unless this does at once. */
    private void poll(int shard) {
        final int most = permits.drainPermits();
        if (stopped || most == 0) {
            permits.release(most);
            polled.remove(shard);
            return;
        }
        // Those that are left out are for the other shards; each call takes what it may at most.
        final int asked = Math.max(1, most / 2);
        permits.release(most - asked);
        final long deadlineNs = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(WAIT_MS)
                + client.settings().requestTimeout.toNanos();
        var unused = client.submitWaiting(
                        new RefreshCalls.LeaseRefreshes(shard, pollFor(asked), settings.durability, deadlineNs))
                .whenComplete((leases, failure) -> {
                    permits.release(asked - (leases == null ? 0 : leases.size()));
                    if (leases == null) {
                        onRefused(SiloClient.unwrap(failure));
                        polled.remove(shard);
                    } else {
                        run(leases);
                        poll(shard);
                    }
                });
    }

    private TaskPoll pollFor(int asked) {
        return new TaskPoll(
                0, settings.tenant, settings.taskGroup, settings.workerId, asked, Duration.ofMillis(WAIT_MS));
    }

    private void onRefused(SiloException failure) {
        if (!stopped && !failure.isTransient() && failure.reason() != RejectReason.UNKNOWN_OUTCOME) {
            LOGGER.warn("Worker {} cannot find out floating limits", settings.workerId, failure);
        }
    }

    private void run(List<RefreshCalls.Lease> leases) {
        for (final RefreshCalls.Lease lease : leases) {
            final long renewMs = Math.max(1, lease.leaseMs() / 3);
            try {
                final ScheduledFuture<?> renewals =
                        timers.scheduleAtFixedRate(() -> renew(lease), renewMs, renewMs, TimeUnit.MILLISECONDS);
                handlers.execute(() -> run(lease, renewals));
            } catch (RejectedExecutionException e) { // stopping: the lease runs out
                permits.release();
            }
        }
    }

    private void run(RefreshCalls.Lease lease, ScheduledFuture<?> renewals) {
        int max = 0;
        @Nullable String errorCode = null;
        try {
            max = handler.refresh(lease.task());
            errorCode = max < 0 ? NONSENSE : null;
        } catch (Throwable t) { // whatever a handler throws says that it could not find it out
            LOGGER.warn("Could not find out the floating limit {}", lease.task().key(), t);
            errorCode = SiloWorker.errorCode(t);
        }
        renewals.cancel(false);
        var unused = client.submit(new RefreshCalls.ReportRefresh(
                        lease.shard(),
                        lease.tokenEpoch(),
                        lease.token(),
                        Math.max(0, max),
                        errorCode,
                        settings.durability,
                        client.deadlineNs()))
                .whenComplete((done, failure) -> {
                    permits.release();
                    if (failure != null) {
                        // The server asks again, this worker or another.
                        LOGGER.debug(
                                "The floating limit {} could not be reported",
                                lease.task().key(),
                                failure);
                    }
                });
    }

    private void renew(RefreshCalls.Lease lease) {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(lease.leaseMs()) / 3;
        var unused = client.submit(
                        new RefreshCalls.RenewRefresh(lease.shard(), lease.tokenEpoch(), lease.token(), deadlineNs))
                .exceptionally(failure -> false); // lost: the report will say so
    }

    /** Asks for no more, and interrupts the handler. */
    void cancel() {
        stopped = true;
        handlers.shutdownNow();
        timers.shutdownNow();
    }

    /** Asks for no more, and lets the handler finish what it is at for as long. */
    void stop(Duration timeout) throws InterruptedException {
        stopped = true;
        handlers.shutdown();
        if (!handlers.awaitTermination(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            LOGGER.warn("Worker {} stopped while it found floating limits out", settings.workerId);
        }
        cancel();
    }
}
