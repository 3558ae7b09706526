package io.silo.shard.state;

/** One timer for each lease that lives, at the moment it may expire. Volatile. Shard thread only; does not allocate in steady state. */
final class LeaseTimers {
    /** Timers looked at in one poll: renewed leases set theirs anew, and after a restart all are due at once. */
    private static final int TIMERS_PER_POLL = 1_024;

    private final LeaseTable leases;
    private final JobTable jobs;
    private final TimerQueue timers = new TimerQueue();
    private final TimerQueue.TimerHandler handler = this::onTimer;
    private int expired;
    private long nowMs;

    LeaseTimers(LeaseTable leases, JobTable jobs) {
        this.leases = leases;
        this.jobs = jobs;
    }

    /** As {@link ShardState#renewLease}. */
    void renew(int lease, long deadlineMs, long session) {
        leases.renew(lease, deadlineMs, session);
        if (leases.timer(lease) == TimerQueue.NULL_HANDLE) {
            // Not what was asked for: a bounded run may end before.
            schedule(lease, leases.deadlineMs(lease));
        }
    }

    /** The lease ends. */
    void cancel(int lease) {
        if (leases.timer(lease) != TimerQueue.NULL_HANDLE) {
            timers.cancel(leases.timer(lease));
        }
    }

    /** As {@link ShardState#pollExpiredLease}. */
    int pollExpired(long now) {
        expired = RowSlab.NULL_SLOT;
        nowMs = now;
        int looked = 0;
        // [SILO-REAP-1]
        while (expired == RowSlab.NULL_SLOT && looked++ < TIMERS_PER_POLL && timers.poll(now, handler, 1) > 0) {
            // A lease renewed since its timer was set gets a new one; each is looked at once per lease length.
        }
        return expired;
    }

    /** Earliest moment at which a lease may expire, or {@link Long#MAX_VALUE}. */
    long nextDeadline() {
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
