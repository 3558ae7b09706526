package io.silo.shard.state;

/**
 * Ended jobs of the shard by state, in the order in which they ended: chains over the links that a row needs for its queue while it
 * has not ended. What is to be forgotten is found at their old ends. Shard thread only.
 */
final class FinishedJobs {
    private static final int STATES = JobState.values().length;

    private final int[] oldest = new int[STATES];
    private final int[] newest = new int[STATES];
    private final int[] counts = new int[STATES];

    FinishedJobs() {
        clear();
    }

    void append(JobTable jobs, int slot, JobState state) {
        final int index = state.ordinal();
        final int last = newest[index];
        jobs.where(slot, JobTable.IN_FINISHED, last);
        if (last == RowSlab.NULL_SLOT) {
            oldest[index] = slot;
        } else {
            jobs.readyNext(last, slot);
        }
        newest[index] = slot;
        counts[index]++;
    }

    void remove(JobTable jobs, int slot, JobState state) {
        final int index = state.ordinal();
        final int older = jobs.readyPrevious(slot);
        final int newer = jobs.readyNext(slot);
        if (older == RowSlab.NULL_SLOT) {
            oldest[index] = newer;
        } else {
            jobs.readyNext(older, newer);
        }
        if (newer == RowSlab.NULL_SLOT) {
            newest[index] = older;
        } else {
            jobs.readyPrevious(newer, older);
        }
        counts[index]--;
        jobs.where(slot, JobTable.NOWHERE, RowSlab.NULL_SLOT);
    }

    void clear() {
        for (int i = 0; i < STATES; i++) {
            oldest[i] = RowSlab.NULL_SLOT;
            newest[i] = RowSlab.NULL_SLOT;
            counts[i] = 0;
        }
    }

    /** The job that ended first of those in this state, or {@link RowSlab#NULL_SLOT}. */
    int oldest(JobState state) {
        return oldest[state.ordinal()];
    }

    int count() {
        int sum = 0;
        for (int count : counts) {
            sum += count;
        }
        return sum;
    }
}
