package io.silo.client;

/** What is to be set for a tenant; what is not named stays. {@link TenantSettings#UNLIMITED} takes a bound away. For one thread. */
public final class TenantChange {
    private static final int WEIGHT = 1;
    private static final int RUNNING_MAX = 2;
    private static final int QUEUED_MAX = 4;
    private static final int BYTES_MAX = 8;
    private static final int ENQUEUES_PER_SECOND = 16;

    int fields;
    int weight = 1;
    int runningMax = TenantSettings.UNLIMITED;
    long queuedMax = TenantSettings.UNLIMITED;
    long bytesMax = TenantSettings.UNLIMITED;
    int enqueuesPerSecond = TenantSettings.UNLIMITED;

    private TenantChange() {}

    /** A change of nothing yet. */
    public static TenantChange change() {
        return new TenantChange();
    }

    /** Tasks that it gets in one turn, 1 to 1,024; counts from its next turn. */
    public TenantChange weight(int tasks) {
        fields |= WEIGHT;
        weight = tasks;
        return this;
    }

    /** Jobs that run at once in each task group, 1 to 1,048,576. What runs already goes on. */
    public TenantChange runningMax(int jobs) {
        fields |= RUNNING_MAX;
        runningMax = jobs;
        return this;
    }

    /** Jobs that have not ended, 0 to 4,294,967,296. Those that are there stay. */
    public TenantChange queuedMax(long jobs) {
        fields |= QUEUED_MAX;
        queuedMax = jobs;
        return this;
    }

    /** Bytes of those, 0 to 2^50; see {@link TenantSettings#bytesMax}. */
    public TenantChange bytesMax(long bytes) {
        fields |= BYTES_MAX;
        bytesMax = bytes;
        return this;
    }

    /** Jobs that come new, 1 to 1,000,000 a second. */
    public TenantChange enqueuesPerSecond(int jobs) {
        fields |= ENQUEUES_PER_SECOND;
        enqueuesPerSecond = jobs;
        return this;
    }
}
