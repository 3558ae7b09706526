package io.silo.shard.state;

/** Rows of tasks as plain arrays. */
final class ArrayLinks implements ReadyLinks {
    final long[] startMs;
    final long[] arrival;
    private final int[] previous;
    private final int[] next;
    /** Reads of start times: what comparisons cost. */
    long reads;

    ArrayLinks(int tasks) {
        startMs = new long[tasks];
        arrival = new long[tasks];
        previous = new int[tasks];
        next = new int[tasks];
    }

    @Override
    public long startMs(int slot) {
        reads++;
        return startMs[slot];
    }

    @Override
    public long arrival(int slot) {
        return arrival[slot];
    }

    @Override
    public int readyPrevious(int slot) {
        return previous[slot];
    }

    @Override
    public void readyPrevious(int slot, int value) {
        previous[slot] = value;
    }

    @Override
    public int readyNext(int slot) {
        return next[slot];
    }

    @Override
    public void readyNext(int slot, int value) {
        next[slot] = value;
    }
}
