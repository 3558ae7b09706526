package io.silo.client;

/**
 * What a task group had to do when it was read; all of it durable. Scheduled jobs, pending retries and tasks that wait because they
 * are paused are not counted.
 *
 * @param ready tasks that a worker could be given; of one tenant they are not counted, and 1 stands for any number.
 * @param leased tasks that workers hold.
 * @param isGroupPaused whether the group is paused, on one shard at least.
 * @param isTenantPaused whether the tenant that was asked for is paused; false if none was.
 */
public record TaskGroup(int ready, int leased, boolean isGroupPaused, boolean isTenantPaused) {
    /** What there is to do on no shard. */
    static final TaskGroup NOTHING = new TaskGroup(0, 0, false, false);

    /** Whether nothing is ready or leased. */
    public boolean isIdle() {
        return ready == 0 && leased == 0;
    }

    TaskGroup plus(TaskGroup other) {
        return new TaskGroup(
                ready + other.ready,
                leased + other.leased,
                isGroupPaused || other.isGroupPaused,
                isTenantPaused || other.isTenantPaused);
    }
}
