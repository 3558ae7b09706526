package io.silo.shard.state;

import io.silo.protocol.Xxh64;

/**
 * Request ids of jobs that are gone, so that a repeat of the request is not a new job. Each is answered for {@link #KEPT_MS} after
 * the removal; that is judged by time alone, so when a row is really given back is volatile, and the rows are in no digest. Shard
 * thread only.
 *
 * <pre>
 *    0 requestIdHigh    8 requestIdLow    16 jobKey    24 jobIdHash    32 removedAtMs    40 position    48 next (by removal)
 * </pre>
 */
public final class RequestMemory {
    /** 10 minutes (design, section 5). */
    public static final long KEPT_MS = 10 * 60 * 1_000;

    /** Beyond so many the oldest is forgotten early: 72 MiB. */
    static final int REQUESTS_MAX = 1 << 20;

    private static final int REQUEST_ID_HIGH = 0;
    private static final int REQUEST_ID_LOW = 8;
    private static final int JOB_KEY = 16;
    private static final int JOB_ID_HASH = 24;
    private static final int REMOVED_AT_MS = 32;
    private static final int POSITION = 40;
    private static final int NEXT = 48;
    private static final int ROW_BYTES = 56;
    private static final int ROWS_PER_CHUNK = 4_096;

    private final RowSlab rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, REQUESTS_MAX);
    private final SlotIndex index = new SlotIndex();
    private int oldest = RowSlab.NULL_SLOT;
    private int newest = RowSlab.NULL_SLOT;

    RequestMemory() {}

    /** Remembers a request, or moves one that is remembered to another record. */
    void put(long idHigh, long idLow, long jobKey, long jobIdHash, long removedAtMs, long position) {
        final int known = find(idHigh, idLow, jobIdHash);
        if (known != RowSlab.NULL_SLOT) {
            rows.putLong(known, JOB_KEY, jobKey);
            rows.putLong(known, REMOVED_AT_MS, removedAtMs);
            rows.putLong(known, POSITION, position);
            return;
        }
        if (rows.count() == REQUESTS_MAX) {
            forgetOldest();
        }
        final int slot = rows.allocate();
        rows.putLong(slot, REQUEST_ID_HIGH, idHigh);
        rows.putLong(slot, REQUEST_ID_LOW, idLow);
        rows.putLong(slot, JOB_KEY, jobKey);
        rows.putLong(slot, JOB_ID_HASH, jobIdHash);
        rows.putLong(slot, REMOVED_AT_MS, removedAtMs);
        rows.putLong(slot, POSITION, position);
        rows.putInt(slot, NEXT, RowSlab.NULL_SLOT);
        if (newest == RowSlab.NULL_SLOT) {
            oldest = slot;
        } else {
            rows.putInt(newest, NEXT, slot);
        }
        newest = slot;
        index.put(hash(idHigh, idLow), slot);
    }

    /** Gives back rows whose time is over, at most {@code limit}. Images of a carried log may stand out of order: those wait. */
    int forget(long nowMs, int limit) {
        int count = 0;
        while (count < limit && oldest != RowSlab.NULL_SLOT && !isInForce(oldest, nowMs)) {
            forgetOldest();
            count++;
        }
        return count;
    }

    /**
     * The key of the job that this request made and that was removed less than {@link #KEPT_MS} ago, or -1.
     *
     * @param jobIdHash as {@link #jobIdHash} gives it.
     */
    public long jobKey(long idHigh, long idLow, long jobIdHash, long nowMs) {
        final int slot = rows.count() == 0 ? RowSlab.NULL_SLOT : find(idHigh, idLow, jobIdHash);
        return slot != RowSlab.NULL_SLOT && isInForce(slot, nowMs) ? rows.getLong(slot, JOB_KEY) : -1;
    }

    public int count() {
        return rows.count();
    }

    // ---- for carry-forward
    // --------------------------------------------------------------------------------------------------

    public int slotLimit() {
        return rows.slotEnd();
    }

    /** Whether a row is live, its time is not over and its record lies at or before {@code throughPosition}. */
    public boolean isToBeCarried(int slot, long nowMs, long throughPosition) {
        return rows.isLive(slot) && isInForce(slot, nowMs) && rows.getLong(slot, POSITION) <= throughPosition;
    }

    public long requestIdHigh(int slot) {
        return rows.getLong(slot, REQUEST_ID_HIGH);
    }

    public long requestIdLow(int slot) {
        return rows.getLong(slot, REQUEST_ID_LOW);
    }

    public long jobKey(int slot) {
        return rows.getLong(slot, JOB_KEY);
    }

    public long jobIdHash(int slot) {
        return rows.getLong(slot, JOB_ID_HASH);
    }

    public long removedAtMs(int slot) {
        return rows.getLong(slot, REMOVED_AT_MS);
    }

    long bytes() {
        return rows.bytes() + index.bytes();
    }

    void close() {
        rows.close();
        index.close();
    }

    private boolean isInForce(int slot, long nowMs) {
        return nowMs - rows.getLong(slot, REMOVED_AT_MS) < KEPT_MS;
    }

    private void forgetOldest() {
        final int slot = oldest;
        oldest = rows.getInt(slot, NEXT);
        if (oldest == RowSlab.NULL_SLOT) {
            newest = RowSlab.NULL_SLOT;
        }
        index.remove(hash(rows.getLong(slot, REQUEST_ID_HIGH), rows.getLong(slot, REQUEST_ID_LOW)), slot);
        rows.free(slot);
    }

    private int find(long idHigh, long idLow, long jobIdHash) {
        final long hash = hash(idHigh, idLow);
        for (long c = index.firstCandidate(hash); c != SlotIndex.NULL_CANDIDATE; c = index.nextCandidate(hash, c)) {
            final int slot = (int) c;
            if (rows.getLong(slot, REQUEST_ID_HIGH) == idHigh
                    && rows.getLong(slot, REQUEST_ID_LOW) == idLow
                    && rows.getLong(slot, JOB_ID_HASH) == jobIdHash) {
                return slot;
            }
        }
        return RowSlab.NULL_SLOT;
    }

    private static long hash(long idHigh, long idLow) {
        return Xxh64.mix(idHigh * 31 + Xxh64.mix(idLow));
    }
}
