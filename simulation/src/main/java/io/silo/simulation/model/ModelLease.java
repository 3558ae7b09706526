package io.silo.simulation.model;

/** A worker's right to the running attempt of a job. */
final class ModelLease {
    /** Session of a lease that nobody claimed since the shard was opened. */
    static final long NOBODY = 0;

    final String worker;
    final long startedAtMs;
    final long leaseMs;
    final RequestId requestId;

    /** Volatile: monotonic ms up to which it cannot expire. */
    long deadlineMs;

    /** Volatile: who subscribed or last renewed. */
    long session;

    ModelLease(String worker, long startedAtMs, long leaseMs, RequestId requestId) {
        this.worker = worker;
        this.startedAtMs = startedAtMs;
        this.leaseMs = leaseMs;
        this.requestId = requestId;
    }

    void renew(long monotonicMs, long bySession) {
        deadlineMs = monotonicMs + leaseMs;
        session = bySession;
    }

    ModelLease copy() {
        return new ModelLease(worker, startedAtMs, leaseMs, requestId);
    }

    /** What the log knows of it. */
    @Override
    public String toString() {
        return "lease of " + worker + " since " + startedAtMs + " for " + leaseMs + " by " + requestId;
    }
}
