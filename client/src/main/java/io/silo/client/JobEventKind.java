package io.silo.client;

/** What happened to a job. */
public enum JobEventKind {
    /** It came to be. */
    ENQUEUED,
    /** It came with its history from elsewhere, or got more of it. */
    IMPORTED,
    /** An attempt began, in the hands of a worker. */
    LEASED,
    /** A lease ended and its attempt did not count. */
    LEASE_RETURNED,
    /** An attempt succeeded, and so the job. */
    SUCCEEDED,
    /** An attempt failed; the status tells whether the job has. */
    FAILED,
    /** An attempt ended before it began: a rate limit, or a latest start that passed. */
    REFUSED,
    /** A job that runs is to be cancelled. */
    CANCEL_REQUESTED,
    /** The job was cancelled: while it waited, or with its attempt. */
    CANCELLED,
    /** An ended job is scheduled anew. */
    RESTARTED,
    /** A job that waits starts earlier. */
    EXPEDITED,
    /** The lease of a job goes on without slots of limits. */
    SLOTS_DROPPED,
    /** The job is gone: deleted, or forgotten by retention. */
    DELETED
}
