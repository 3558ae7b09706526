package io.silo.simulation.history;

import org.jspecify.annotations.Nullable;

/**
 * One thing that a client did or saw, or that was done to the broker. A call is an entry when it is made and another when its
 * answer comes; without the second its outcome is unknown: it may have taken effect at any time after the first.
 */
public sealed interface Entry {
    /** Monotonic time, ns. */
    long atNs();

    /** A job was to be created; {@code durable} is the durability that was asked for. */
    record EnqueueInvoked(long atNs, long call, String client, JobSpec spec, boolean durable) implements Entry {}

    /** {@code code} is a RejectReason's number or 0; {@code durable} the durability that the answer claims. */
    record EnqueueAnswered(long atNs, long call, int code, long jobKey, LogPlace place, boolean durable)
            implements Entry {}

    /** A worker received a lease, pushed or asked for. A repeated call may show it the same lease again. */
    record Granted(long atNs, String client, String worker, Lease lease, boolean durable) implements Entry {}

    /** A worker reports the end of an attempt. */
    record ReportInvoked(
            long atNs,
            long call,
            String client,
            String worker,
            Lease lease,
            String outcome,
            String errorCode,
            int resultCrc,
            boolean durable)
            implements Entry {}

    /** The answer to a report. */
    record ReportAnswered(long atNs, long call, int code, LogPlace place, boolean durable) implements Entry {}

    /** A worker gives a lease back unspent; the task is not due again before {@code snoozeMs} have passed. */
    record ReturnInvoked(
            long atNs, long call, String client, String worker, Lease lease, long snoozeMs, boolean durable)
            implements Entry {}

    /** The answer to a return. */
    record ReturnAnswered(long atNs, long call, int code, LogPlace place, boolean durable) implements Entry {}

    /** A worker renews a lease by name. */
    record HeartbeatInvoked(long atNs, long call, String client, String worker, Lease lease) implements Entry {}

    /** The answer to a heartbeat. */
    record HeartbeatAnswered(long atNs, long call, int code) implements Entry {}

    /** What may be done to a job from outside, but for enqueuing it. */
    enum Change {
        CANCEL,
        RESTART,
        EXPEDITE,
        DELETE,
        /** It comes with its history, or gets more of it. */
        IMPORT,
        /** It is leased by its id, before its time or others. */
        LEASE
    }

    /** Something is to be done to a job. */
    record ChangeInvoked(long atNs, long call, String client, JobRef job, Change change, boolean durable)
            implements Entry {}

    /** The answer to a change; {@code status} of the job after it, empty where none is told. */
    record ChangeAnswered(long atNs, long call, int code, long jobKey, String status, LogPlace place, boolean durable)
            implements Entry {}

    /** What may be done to a schedule. */
    enum ScheduleChange {
        /** It is made, or replaced. */
        PUT,
        PAUSE,
        RESUME,
        DELETE
    }

    /**
     * Something is to be done to a schedule; of one that is put, interval and origin, ms.
     *
     * @param firesAll whether it makes up for every firing that it missed.
     * @param uniqueKey of its jobs, for which a firing may be left out; empty = none.
     */
    record ScheduleInvoked(
            long atNs,
            long call,
            String client,
            JobRef schedule,
            ScheduleChange change,
            long intervalMs,
            long firstAtMs,
            boolean firesAll,
            String uniqueKey)
            implements Entry {}

    /** The answer to it. */
    record ScheduleAnswered(long atNs, long call, int code, LogPlace place, boolean durable) implements Entry {}

    /** A task group or a tenant is to be paused, or resumed. */
    record PauseInvoked(long atNs, long call, String client, PauseTarget target, boolean paused) implements Entry {}

    /** The answer to it. */
    record PauseAnswered(long atNs, long call, int code, LogPlace place, boolean durable) implements Entry {}

    /**
     * A limit is to have another maximum.
     *
     * @param max {@link #OWN} = each job's own is to count again.
     */
    record LimitInvoked(long atNs, long call, String client, LimitKey limit, int max) implements Entry {
        /** No maximum is set. */
        public static final int OWN = -1;
    }

    /** The answer to it. */
    record LimitAnswered(long atNs, long call, int code, LogPlace place, boolean durable) implements Entry {}

    /** Leases are to give back their slots of a limit, and go on. No answer is taken note of. */
    record HoldersDropped(long atNs, String client, LimitKey limit) implements Entry {}

    /**
     * A tenant is to have so many running jobs in each task group at most.
     *
     * @param max -1 = any number.
     */
    record CapInvoked(long atNs, long call, String client, String tenant, int shard, int max) implements Entry {}

    /** The answer to it. */
    record CapAnswered(long atNs, long call, int code, LogPlace place, boolean durable) implements Entry {}

    /**
     * A bulk change is asked for; a repeat has the same request id, and is durable.
     *
     * @param taskGroup empty = any.
     * @param jobId the only job that has the metadata asked for; empty = any.
     */
    record BulkInvoked(
            long atNs,
            long call,
            String client,
            long requestId,
            Change change,
            boolean dryRun,
            String tenant,
            String taskGroup,
            String jobId)
            implements Entry {}

    /** A client asks how far a bulk change is that it knows the key of. */
    record BulkLooked(long atNs, long call, String client, long requestId) implements Entry {}

    /** The answer to either of them. */
    record BulkAnswered(
            long atNs,
            long call,
            int code,
            long bulkKey,
            boolean isFinished,
            long changed,
            long skipped,
            boolean durable)
            implements Entry {}

    /** A job that is about to be enqueued has a unique key. */
    record KeyNamed(long atNs, JobRef job, String uniqueKey) implements Entry {}

    /** A client asks for a job with its attempts. */
    record ReadInvoked(long atNs, long call, String client, JobRef job) implements Entry {}

    /** What it saw; null if it was refused. */
    record ReadAnswered(
            long atNs, long call, int code, @Nullable JobSeen job, LogPlace place) implements Entry {}

    /**
     * A client begins to close its session in order: every lease that the worker holds in it, one that it never saw too, goes back
     * unspent. One entry for each worker of the session. A worker that comes back under a new id is judged more sharply.
     */
    record SessionClosed(long atNs, String client, String worker) implements Entry {}

    /** The broker's process died; the page cache survived. */
    record ProcessKilled(long atNs) implements Entry {}

    /** The broker stood still for long, or lost its transport: leases began anew, and those nobody claims go back unspent. */
    record StoodStill(long atNs) implements Entry {}

    /** The machine lost power: whatever was not synced may be gone. */
    record PowerLost(long atNs) implements Entry {}
}
