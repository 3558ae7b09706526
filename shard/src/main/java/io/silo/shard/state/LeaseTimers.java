package io.silo.shard.state;

import java.util.function.IntConsumer;

/** One timer for each lease that lives, at the moment it may expire. Volatile. Shard thread only; does not allocate in steady state. */
public final class LeaseTimers {
    /** Timers looked at in one poll: renewed leases set theirs anew, and after a restart all are due at once. */
    private static final int TIMERS_PER_POLL = 1_024;

    private final LeaseTable leases;
    private final JobTable jobs;
    private final TimerQueue timers = new TimerQueue();
    /**
     * Rows whose deadline was set in this duty cycle, some more than once; the lease may have ended since. At most all leases, after a
     * standstill, and what the commands of one cycle grant and renew.
     */
    private final SlotList renewed = new SlotList();

    private final TimerQueue.TimerHandler handler = this::onTimer;
    private int expired;
    private long nowMs;
    private long cycleMs;

    LeaseTimers(LeaseTable leases, JobTable jobs) {
        this.leases = leases;
        this.jobs = jobs;
    }

    /** Sets or moves a lease's deadline. A later deadline leaves the timer alone: it is looked at again when it fires. */
    public void renew(int lease, long deadlineMs, long session) {
        leases.renew(lease, deadlineMs, session);
        renewed.add(lease);
        if (leases.timer(lease) == TimerQueue.NULL_HANDLE) {
            // Not what was asked for: a bounded run may end before.
            schedule(lease, leases.deadlineMs(lease));
        }
    }

    /** A duty cycle begins at {@code monotonicMs}. Those of one millisecond count as one: they give the same deadlines. */
    public void beginCycle(long monotonicMs) {
        if (monotonicMs != cycleMs) {
            cycleMs = monotonicMs;
            renewed.clear();
        }
    }

    /** Calls back, once or more, for the live leases whose deadline was set in this duty cycle; the callback may renew them. */
    public void forEachRenewed(IntConsumer action) {
        final int size = renewed.size();
        for (int i = 0; i < size; i++) {
            if (leases.isLive(renewed.get(i))) {
                action.accept(renewed.get(i));
            }
        }
    }

    /** The lease ends. */
    void cancel(int lease) {
        if (leases.timer(lease) != TimerQueue.NULL_HANDLE) {
            timers.cancel(leases.timer(lease));
        }
    }

    /** A lease that expired by {@code now} (monotonic ms), or {@link RowSlab#NULL_SLOT}. Its timer is gone: the caller ends it. */
    public int pollExpired(long now) {
        expired = RowSlab.NULL_SLOT;
        nowMs = now;
        int looked = 0;
        // [SILO-REAP-1]
        while (expired == RowSlab.NULL_SLOT && looked++ < TIMERS_PER_POLL && timers.poll(now, handler, 1) > 0) {
            // A lease renewed since its timer was set gets a new one; each is looked at once per lease length.
        }
        return expired;
    }

    /** A running attempt ends at {@code deadlineMs} (monotonic), whatever is renewed. Before {@link #renew}. */
    public void boundRun(int lease, long deadlineMs) {
        leases.runDeadline(lease, deadlineMs);
    }

    /** Earliest moment at which a lease may expire, monotonic ms, or {@link Long#MAX_VALUE}. */
    public long nextDeadline() {
        return timers.nextDeadline();
    }

    long bytes() {
        return timers.bytes();
    }

    private void schedule(int lease, long deadlineMs) {
        leases.timer(lease, timers.schedule(deadlineMs, jobs.jobKey(leases.job(lease)), 0, lease));
    }

    private void onTimer(int kind, int lease, long deadlineMs) {
        final long deadline = leases.deadlineMs(lease);
        // [SILO-REAP-2]
        if (deadline <= nowMs) {
            leases.timer(lease, TimerQueue.NULL_HANDLE);
            expired = lease;
        } else {
            schedule(lease, deadline);
        }
    }
}
