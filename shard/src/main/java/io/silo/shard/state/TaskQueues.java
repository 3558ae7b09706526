package io.silo.shard.state;

import java.util.BitSet;

/**
 * Where the tasks of SCHEDULED jobs are: future ones behind a timer, due ones in the ready queue, or in a line for a limit. Beside that
 * each job with a latest start has a timer for it. Only the places are kept here; they are volatile and follow from the jobs and leases.
 * Shard thread only; does not allocate in steady state.
 */
final class TaskQueues {
    /** Timer of a start time. */
    private static final int START_TIMER = 0;

    private static final int NULL = RowSlab.NULL_SLOT;

    private final JobTable jobs;
    final ReadyQueue ready;
    final LimitLines lines;
    final TimerQueue startTimers = new TimerQueue();
    final TimerQueue deadlineTimers = new TimerQueue();
    private final TimerQueue.TimerHandler startTimerHandler = this::onStartTimer;
    private final TimerQueue.TimerHandler deadlineTimerHandler = this::onDeadlineTimer;
    private int lateJob;

    TaskQueues(JobTable jobs, LimitTable limits, RateBuckets buckets, BitSet pausedGroups, int claimsMax) {
        this.jobs = jobs;
        ready = new ReadyQueue(jobs);
        lines = new LimitLines(jobs, limits, buckets, ready, pausedGroups, claimsMax);
    }

    /**
     * A job has a task to do, from its start time on.
     *
     * @param nowMs of the record, not of the clock: replay must do the same.
     */
    void add(int slot, long nowMs) {
        if (jobs.startMs(slot) <= nowMs) {
            addDue(slot);
        } else {
            final int timer = startTimers.schedule(jobs.startMs(slot), jobs.arrival(slot), START_TIMER, slot);
            jobs.where(slot, JobTable.IN_TIMERS, timer);
        }
        if (jobs.isStartDeadlineInForce(slot) && jobs.deadlineTimer(slot) == TimerQueue.NULL_HANDLE) {
            jobs.deadlineTimer(slot, deadlineTimers.schedule(jobs.startDeadlineMs(slot), jobs.arrival(slot), 0, slot));
        }
    }

    /** @param toWorker whether a worker gets the task: one that goes otherwise spends nothing of its tenant's turn. */
    void remove(int slot, boolean toWorker) {
        final int deadlineTimer = jobs.deadlineTimer(slot);
        if (deadlineTimer != TimerQueue.NULL_HANDLE) {
            deadlineTimers.cancel(deadlineTimer);
            jobs.deadlineTimer(slot, TimerQueue.NULL_HANDLE);
        }
        if (jobs.where(slot) == JobTable.IN_TIMERS) {
            startTimers.cancel(jobs.link(slot));
            return;
        }
        // Taken in turn: the tenant's turn moves on.
        final boolean inTurn = toWorker && ready.peek(jobs.taskGroup(slot)) == slot;
        if (jobs.firstClaim(slot) != LimitTable.NONE) {
            lines.remove(slot, inTurn);
        } else if (inTurn) {
            ready.poll(jobs.taskGroup(slot));
        } else {
            ready.remove(slot, jobs.taskGroup(slot), jobs.priority(slot), jobs.tenant(slot));
        }
    }

    /** A task was leased, in turn or by its id. */
    void leased(int slot) {
        if (ready.leased(jobs.taskGroup(slot), jobs.tenant(slot))) {
            lines.onCapChanged(jobs.tenant(slot));
        }
    }

    /** A lease that {@link #leased} told of ended. */
    void leaseEnded(int slot) {
        ready.leaseEnded(jobs.taskGroup(slot), jobs.tenant(slot));
    }

    /** As {@link ShardState#pollStartTimers}. */
    int pollStartTimers(long nowMs, int limit) {
        return startTimers.poll(nowMs, startTimerHandler, limit);
    }

    /** As {@link ShardState#pollLateJob}. */
    int pollLateJob(long nowMs) {
        lateJob = NULL;
        deadlineTimers.poll(nowMs, deadlineTimerHandler, 1);
        return lateJob;
    }

    long bytes() {
        return ready.bytes() + lines.bytes() + startTimers.bytes() + deadlineTimers.bytes();
    }

    void close() {
        ready.close();
        lines.close();
    }

    private void addDue(int slot) {
        if (jobs.firstClaim(slot) != LimitTable.NONE) {
            lines.add(slot);
        } else {
            jobs.where(slot, JobTable.IN_READY, NULL);
            ready.add(slot, jobs.taskGroup(slot), jobs.priority(slot), jobs.tenant(slot));
        }
    }

    private void onStartTimer(int kind, int slot, long deadlineMs) {
        addDue(slot);
    }

    private void onDeadlineTimer(int kind, int slot, long deadlineMs) {
        jobs.deadlineTimer(slot, TimerQueue.NULL_HANDLE);
        lateJob = slot;
    }
}
