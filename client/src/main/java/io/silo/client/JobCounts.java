package io.silo.client;

/** How many jobs there were by status when they were read; all of it durable. */
public record JobCounts(long scheduled, long running, long succeeded, long failed, long cancelled) {
    static final JobCounts NONE = new JobCounts(0, 0, 0, 0, 0);

    public long total() {
        return scheduled + running + succeeded + failed + cancelled;
    }

    JobCounts plus(JobCounts other) {
        return new JobCounts(
                scheduled + other.scheduled,
                running + other.running,
                succeeded + other.succeeded,
                failed + other.failed,
                cancelled + other.cancelled);
    }
}
