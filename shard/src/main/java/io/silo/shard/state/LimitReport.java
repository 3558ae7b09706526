package io.silo.shard.state;

import org.agrona.DirectBuffer;

/**
 * What operators are told of concurrency limits: who holds slots, who waits. Reads what is volatile, and changes nothing that is logged.
 * Bounded; shard thread only.
 */
public final class LimitReport {
    /** Most holders or waiters that are named of one limit. */
    public static final int LISTED_MAX = 100;

    /** Lines of one limit that are looked at, one for each task group. */
    private static final int LINES_MAX = 64;

    /** Holders walked over to find those that began first. */
    private static final int HOLDERS_MAX = 1_024;

    private static final int NULL = RowSlab.NULL_SLOT;

    private final JobTable jobs;
    private final LimitTable limits;
    private final LimitLines lines;
    private final int[] listed = new int[LISTED_MAX];
    private int listedMax;
    private int listedCount;

    LimitReport(JobTable jobs, LimitTable limits, LimitLines lines) {
        this.jobs = jobs;
        this.limits = limits;
        this.lines = lines;
    }

    /** The limit of a tenant's key, or {@link RowSlab#NULL_SLOT}. */
    public int find(int tenant, DirectBuffer key, int keyOffset, int keyLength) {
        return tenant < 0 ? NULL : limits.find(tenant, key, keyOffset, keyLength);
    }

    /** One past the highest limit, those of buckets included. */
    public int limitEnd() {
        return limits.limitEnd();
    }

    /** Whether there is something to tell of a limit: a maximum that is set, holders, waiters. */
    public boolean isInUse(int limit) {
        return limits.isLive(limit)
                && !limits.isBucket(limit)
                && (isSet(limit)
                        || limits.floatingMax(limit) != LimitTable.NO_MAX
                        || limits.holders(limit) > 0
                        || waiting(limit) > 0);
    }

    /** Whether a lease holds a slot of the limit. */
    public boolean isHeld(int limit) {
        return limits.isLive(limit) && limits.holders(limit) > 0;
    }

    public int tenant(int limit) {
        return limits.tenant(limit);
    }

    public void wrapKey(int limit, DirectBuffer view) {
        limits.wrapKey(limit, view);
    }

    /** Whether a maximum is set in place of each job's own. */
    public boolean isSet(int limit) {
        return limits.setMax(limit) != LimitTable.NO_MAX;
    }

    /** The maximum that is set, or {@link LimitSettings#NONE}. */
    public int setMax(int limit) {
        return limits.setMax(limit);
    }

    /** Leases that hold a slot. */
    public int holders(int limit) {
        return limits.holders(limit);
    }

    /** Due tasks that wait for a slot of the limit, of the first {@value #LINES_MAX} task groups. */
    public int waiting(int limit) {
        int count = 0;
        int left = LINES_MAX;
        for (int line = limits.firstLine(limit); line != NULL && left > 0; line = lines.nextLine(line)) {
            count += lines.waiting(line);
            left--;
        }
        return count;
    }

    /** The job that took a slot last, or {@link RowSlab#NULL_SLOT}. */
    public int newestHolder(int limit) {
        final int claim = limits.firstHolder(limit);
        return claim == NULL ? NULL : limits.job(claim);
    }

    /**
     * Finds the holders that took their slots first, if there are no more than {@value #HOLDERS_MAX}. {@link #listed} tells them.
     *
     * @param most 0 to {@link #LISTED_MAX}.
     * @return how many.
     */
    public int listHolders(int limit, int most) {
        int claim = limits.firstHolder(limit);
        int oldest = claim;
        for (int i = 0; claim != NULL && i < HOLDERS_MAX; i++) {
            oldest = claim;
            claim = limits.nextHolder(claim);
        }
        listedCount = 0;
        for (claim = oldest; claim != NULL && listedCount < most; claim = limits.previousCandidate(claim)) {
            listed[listedCount++] = limits.job(claim);
        }
        return listedCount;
    }

    /**
     * Finds those that wait for a limit, by priority, start time and arrival. {@link #listed} tells them.
     *
     * @param most 0 to {@link #LISTED_MAX}.
     * @return how many.
     */
    public int listWaiters(int limit, int most) {
        listedCount = 0;
        listedMax = most;
        int left = LINES_MAX;
        for (int line = limits.firstLine(limit); line != NULL && left > 0; line = lines.nextLine(line)) {
            lines.show(line, most, this::addListed);
            left--;
        }
        return listedCount;
    }

    private void addListed(int slot) {
        int place = listedCount;
        while (place > 0 && lines.comesBefore(slot, listed[place - 1])) {
            place--;
        }
        if (place < listedMax) {
            listedCount = Math.min(listedMax, listedCount + 1);
            System.arraycopy(listed, place, listed, place + 1, listedCount - place - 1);
            listed[place] = slot;
        }
    }

    /** Slot of a job that the last list has. */
    public int listed(int number) {
        return listed[number];
    }

    /** What a job that names the limit asks for itself. */
    public int ownMax(int slot, int limit) {
        return limits.ownMax(claim(slot, limit));
    }

    /** The bit of a limit among those of a job that names it; see {@link JobView#heldLimitBits}. */
    public int bit(int slot, int limit) {
        int bit = 1;
        for (int claim = jobs.firstClaim(slot); limits.limit(claim) != limit; claim = limits.next(claim)) {
            bit <<= 1;
        }
        return bit;
    }

    /** Writes the limits that a job's lease holds slots of to {@code found}. Returns how many. */
    public int held(int slot, int[] found) {
        int count = 0;
        for (int claim = jobs.firstClaim(slot); claim != LimitTable.NONE; claim = limits.next(claim)) {
            if (limits.isHeld(claim)) {
                found[count++] = limits.limit(claim);
            }
        }
        return count;
    }

    private int claim(int slot, int limit) {
        int claim = jobs.firstClaim(slot);
        while (limits.limit(claim) != limit) {
            claim = limits.next(claim);
        }
        return claim;
    }
}
