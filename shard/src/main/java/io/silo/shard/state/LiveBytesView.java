package io.silo.shard.state;

/** What the jobs need of the log. Cycles are numbered here, in the order of the log. Shard thread only. */
public interface LiveBytesView {
    /** What a carry of all jobs would append. */
    long total();

    /** What a carry of the jobs would append that need this cycle or one before it. */
    long through(int cycle);

    /** Number of the cycle that holds a position, or of the oldest for one before it. */
    int cycleOf(long position);

    /**
     * First slot from {@code from} on, below {@code end}, of a job that needs this cycle or one before it; {@code end} if there is
     * none.
     */
    int nextThrough(int cycle, int from, int end);
}
