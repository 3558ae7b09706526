package io.silo.simulation.model;

/** A worker's right to the running attempt of a job. */
final class ModelLease {
    /** Session of a lease that nobody claimed since the shard was opened. */
    static final long NOBODY = 0;

    final String worker;
    final long startedAtMs;
    final long leaseMs;
    final RequestId requestId;

    /** When it was asked to cancel the job; 0 = it was not. */
    long cancelRequestedAtMs;

    /** Bit set of the job's limits in which it takes a slot. */
    int heldLimits;

    /** Volatile: monotonic ms at which the longest run of the attempt is reached. */
    long runDeadlineMs = Long.MAX_VALUE;

    /** Volatile: monotonic ms up to which it cannot expire. */
    long deadlineMs;

    /** Volatile: monotonic ms at which that was settled last. */
    private long renewedAtMs;

    /** Volatile: who subscribed or last renewed. */
    long session;

    ModelLease(String worker, long startedAtMs, long leaseMs, RequestId requestId) {
        this.worker = worker;
        this.startedAtMs = startedAtMs;
        this.leaseMs = leaseMs;
        this.requestId = requestId;
    }

    void renew(long monotonicMs, long bySession) {
        deadlineMs = Math.min(monotonicMs + leaseMs, runDeadlineMs);
        renewedAtMs = monotonicMs;
        session = bySession;
    }

    boolean isRenewedAfter(long monotonicMs) {
        return renewedAtMs > monotonicMs;
    }

    /** The attempt begins. */
    void begin(long monotonicMs, long maxRunMs) {
        runDeadlineMs = maxRunMs == 0 ? Long.MAX_VALUE : monotonicMs + maxRunMs;
    }

    /** It has its full length again; a bounded run has what the wall's clock leaves of it, but no less than that. */
    void beginAnew(long nowMs, long monotonicMs, long maxRunMs) {
        final long left = startedAtMs + maxRunMs - nowMs;
        runDeadlineMs = maxRunMs == 0 ? Long.MAX_VALUE : monotonicMs + Math.max(leaseMs, left);
        renew(monotonicMs, NOBODY);
    }

    /** What was granted or renewed now is heard of only so long after. */
    void postpone(long monotonicMs, long heldMs) {
        if (renewedAtMs == monotonicMs && deadlineMs == monotonicMs + leaseMs) {
            deadlineMs = Math.min(deadlineMs + heldMs, runDeadlineMs);
        }
    }

    ModelLease copy() {
        final ModelLease copy = new ModelLease(worker, startedAtMs, leaseMs, requestId);
        copy.cancelRequestedAtMs = cancelRequestedAtMs;
        copy.heldLimits = heldLimits;
        return copy;
    }

    /** What the log knows of it. */
    @Override
    public String toString() {
        return "lease of " + worker + " since " + startedAtMs + " for " + leaseMs + " by " + requestId
                + (cancelRequestedAtMs == 0 ? "" : " to be cancelled since " + cancelRequestedAtMs)
                + (heldLimits == 0 ? "" : " holds " + heldLimits);
    }
}
