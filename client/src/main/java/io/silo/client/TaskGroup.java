package io.silo.client;

/**
 * What a task group had to do when it was read; all of it durable. Scheduled jobs and pending retries are not counted.
 *
 * @param ready tasks that a worker could be given; of one tenant they are not counted, and 1 stands for any number.
 * @param leased tasks that workers hold.
 */
public record TaskGroup(int ready, int leased) {
    /** Whether nothing is ready or leased. */
    public boolean isIdle() {
        return ready == 0 && leased == 0;
    }

    TaskGroup plus(TaskGroup other) {
        return new TaskGroup(ready + other.ready, leased + other.leased);
    }
}
