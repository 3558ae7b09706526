package io.silo.client;

/** Where a job stands. */
public enum JobStatus {
    /** Waits for its start time, for a worker, or for its next attempt. */
    SCHEDULED(false),
    /** A worker holds a lease on it. */
    RUNNING(false),
    /** An attempt succeeded. */
    SUCCEEDED(true),
    /** The last attempt failed, and no retry is left. */
    FAILED(true),
    /** Cancelled. */
    CANCELLED(true);

    private final boolean terminal;

    JobStatus(boolean terminal) {
        this.terminal = terminal;
    }

    /** Whether the job has ended for good. */
    public boolean isTerminal() {
        return terminal;
    }
}
