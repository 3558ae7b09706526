package io.silo.client;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A lease this worker holds, from its grant to the answer to its outcome. Guarded by itself where it is not final. */
final class HeldTask {
    private static final long HEARTBEAT_NS_MAX = TimeUnit.SECONDS.toNanos(2);

    final TaskData data;
    final ShardMap.Target target;
    private @Nullable Task task;
    private @Nullable Thread runner;
    private boolean leaseLost;
    private boolean cancelled;
    private boolean overran;
    private boolean abandoned;
    private boolean ended;
    private final long grantedNs = System.nanoTime();
    private long renewedNs = grantedNs;

    /** @param target shard that granted it; its epoch is in the token, so none is claimed. */
    HeldTask(TaskData data, ShardMap.Target target) {
        this.data = data;
        this.target = target;
    }

    /** What names a lease among those of a worker. */
    record Key(int thread, int shard, long jobKey, long token) {}

    Key key() {
        return new Key(target.thread(), target.shard(), data.jobKey(), data.token());
    }

    /** The handler begins. False if there is nothing left to run. */
    synchronized boolean begin(Task newTask) {
        if (leaseLost || abandoned) {
            return false;
        }
        task = newTask;
        runner = Thread.currentThread();
        if (cancelled || overran) {
            newTask.cancel();
        }
        return true;
    }

    /** What the handler was given; null before it began. */
    synchronized @Nullable Task task() {
        return task;
    }

    /** The handler is done. False if nobody is to be told of its outcome. */
    synchronized boolean end() {
        runner = null;
        // An interrupt that came too late must not meet the next task.
        Thread.interrupted();
        ended = true;
        return !leaseLost && !abandoned;
    }

    /** The server says that the lease is gone. True the first time. */
    synchronized boolean lose() {
        if (leaseLost) {
            return false;
        }
        leaseLost = true;
        if (task != null) {
            task.loseLease();
        }
        interrupt();
        return true;
    }

    /** The worker stops and gives the lease back. False if its handler had ended before. */
    synchronized boolean abandon() {
        if (ended) {
            return false;
        }
        abandoned = true;
        if (task != null) {
            task.loseLease();
        }
        interrupt();
        return true;
    }

    /**
     * The server says that the job is to be cancelled.
     *
     * @param interrupts whether the handler is interrupted too.
     */
    synchronized void cancel(boolean interrupts) {
        if (!cancelled) {
            cancelled = true;
            stop(interrupts);
        }
    }

    /** The attempt has run for as long as it may. The server says so too, but perhaps not as soon. */
    synchronized void overrun(boolean interrupts) {
        if (!overran) {
            overran = true;
            stop(interrupts);
        }
    }

    private void stop(boolean interrupts) {
        if (task != null) {
            task.cancel();
        }
        if (interrupts) {
            interrupt();
        }
    }

    /** Whether the handler was stopped for its time only: nobody asked for the job to be cancelled. */
    synchronized boolean hasOnlyOverrun() {
        return overran && !cancelled;
    }

    /** Time until the longest run is over, or {@link Long#MAX_VALUE} if it has no bound or that was told before. */
    synchronized long runLeftNs(long nowNs) {
        return data.maxRunMs() == 0 || overran
                ? Long.MAX_VALUE
                : grantedNs + TimeUnit.MILLISECONDS.toNanos(data.maxRunMs()) - nowNs;
    }

    /** Whether the worker has stopped and gives the lease back, handler or not. */
    synchronized boolean isAbandoned() {
        return abandoned;
    }

    /** Whether the handler is done; its outcome may wait to be reported. */
    synchronized boolean hasEnded() {
        return ended;
    }

    synchronized boolean isLost() {
        return leaseLost;
    }

    private void interrupt() {
        if (runner != null) {
            runner.interrupt();
        }
    }

    synchronized void renewed(long nowNs) {
        renewedNs = nowNs;
    }

    /**
     * When a heartbeat is due: a third of the lease after the last, so that two may be lost, and not later than people wait for a
     * cancellation, which its answer tells.
     */
    synchronized long heartbeatDueNs() {
        return renewedNs + Math.min(HEARTBEAT_NS_MAX, TimeUnit.MILLISECONDS.toNanos(data.leaseMs()) / 3);
    }
}
