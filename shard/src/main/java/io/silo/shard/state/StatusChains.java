package io.silo.shard.state;

import java.util.Arrays;

/** Jobs of one tenant in one state, newest change first: heads and lengths of chains whose links lie in the job rows. Shard thread only. */
final class StatusChains {
    private static final int STATES = JobState.values().length;

    /** Heads per chunk: 4,096 tenants; growth copies only the table of chunks. */
    private static final int CHUNK = 4_096 * STATES;

    private int[][] heads = new int[0][];
    private int[][] counts = new int[0][];
    private final int[] totals = new int[STATES];

    void push(JobTable jobs, int slot, int tenant, JobState state) {
        final int index = tenant * STATES + state.ordinal();
        final int head = head(index);
        jobs.newer(slot, RowSlab.NULL_SLOT);
        jobs.older(slot, head);
        if (head != RowSlab.NULL_SLOT) {
            jobs.newer(head, slot);
        }
        heads[index / CHUNK][index % CHUNK] = slot;
        counts[index / CHUNK][index % CHUNK]++;
        totals[state.ordinal()]++;
    }

    void remove(JobTable jobs, int slot, int tenant, JobState state) {
        final int newer = jobs.newer(slot);
        final int older = jobs.older(slot);
        final int index = tenant * STATES + state.ordinal();
        counts[index / CHUNK][index % CHUNK]--;
        totals[state.ordinal()]--;
        if (newer == RowSlab.NULL_SLOT) {
            heads[index / CHUNK][index % CHUNK] = older;
        } else {
            jobs.older(newer, older);
        }
        if (older != RowSlab.NULL_SLOT) {
            jobs.newer(older, newer);
        }
    }

    void clear() {
        heads = new int[0][];
        counts = new int[0][];
        Arrays.fill(totals, 0);
    }

    int newest(int tenant, JobState state) {
        final int index = tenant * STATES + state.ordinal();
        return index / CHUNK < heads.length ? heads[index / CHUNK][index % CHUNK] : RowSlab.NULL_SLOT;
    }

    int count(int tenant, JobState state) {
        final int index = tenant * STATES + state.ordinal();
        return index / CHUNK < counts.length ? counts[index / CHUNK][index % CHUNK] : 0;
    }

    /** Of all tenants. */
    int count(JobState state) {
        return totals[state.ordinal()];
    }

    long bytes() {
        return 2L * heads.length * CHUNK * Integer.BYTES;
    }

    /** Index of the first element that is not below {@code value}, in an ascending array that holds it. */
    static long firstIndex(long[] ascending, long value) {
        int low = 0;
        int high = ascending.length - 1;
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (ascending[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private int head(int index) {
        final int chunk = index / CHUNK;
        while (chunk >= heads.length) {
            final int[] added = new int[CHUNK];
            Arrays.fill(added, RowSlab.NULL_SLOT);
            heads = Arrays.copyOf(heads, heads.length + 1);
            heads[heads.length - 1] = added;
            counts = Arrays.copyOf(counts, counts.length + 1);
            counts[counts.length - 1] = new int[CHUNK];
        }
        return heads[chunk][index % CHUNK];
    }
}
