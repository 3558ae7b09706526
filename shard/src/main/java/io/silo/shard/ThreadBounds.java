package io.silo.shard;

/**
 * Bounds of a shard thread. Immutable.
 *
 * @param stepMsMax forward step of the wall clock that is still followed, ms.
 * @param newJobsPerCycle jobs taken on in a duty cycle.
 * @param queueMsMax longest that commands queue before new work is refused, ms.
 */
public record ThreadBounds(long stepMsMax, int newJobsPerCycle, long queueMsMax) {
    /** Tasks granted on one shard in a duty cycle, so that a deep queue does not hold up replies. */
    static final int GRANTS_PER_CYCLE = 2_048;

    /** 100 ms: a window of 16,384 jobs at full speed. What waits longer waits for nothing that is about to end. */
    private static final long QUEUE_MS_MAX = 100;

    /** The usual bounds: as many new jobs as can be granted, so that what is taken in is finished. */
    public static ThreadBounds of(long stepMsMax) {
        return new ThreadBounds(stepMsMax, GRANTS_PER_CYCLE, QUEUE_MS_MAX);
    }
}
