package io.silo.shard.state;

/**
 * What a job is doing. The ordinal is the wire number.
 *
 * <pre>
 *   from       event                        to
 *   -          JobEnqueued                  SCHEDULED
 *   SCHEDULED  TaskLeased                   RUNNING
 *   RUNNING    LeaseReturned                SCHEDULED   (attempt not spent)
 *   RUNNING    AttemptSucceeded             SUCCEEDED
 *   RUNNING    AttemptFailed, retry left    SCHEDULED   (next attempt)
 *   RUNNING    AttemptFailed, none left     FAILED
 *   RUNNING    AttemptCancelled             CANCELLED
 * </pre>
 */
public enum JobState {
    /** Waits for its start time or for a worker. */
    SCHEDULED,
    /** Leased to a worker. */
    RUNNING,
    /** Ended with a result; final. */
    SUCCEEDED,
    /** Ended without a further attempt. */
    FAILED,
    /** Ended because somebody asked. */
    CANCELLED;

    private static final JobState[] ALL = values();

    /** Whether the job has ended. */
    public boolean isTerminal() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }

    /** The state with this wire number. */
    public static JobState of(int ordinal) {
        return ALL[ordinal];
    }
}
