package io.silo.shard.state;

/**
 * What few jobs have, apart from the rows that all have: a row here is taken when the first of these is set, and given back with
 * the job. Shard thread only.
 *
 * <pre>
 *    0 leaseMs     4 maxRunMs     8 startDeadlineMs     16 firstChunk     24 deadline timer     28 unique key (BytesSlab ref + 1)
 *   32 first claim on a limit       36 bytes of an uploaded payload
 * </pre>
 */
final class JobExtras {
    /** No row. Row 0 is none, so that a job's fresh row, which is all zero, has none. */
    static final int NONE = 0;

    private static final int LEASE_MS = 0;
    private static final int MAX_RUN_MS = 4;
    private static final int START_DEADLINE_MS = 8;
    private static final int FIRST_CHUNK = 16;
    private static final int DEADLINE_TIMER = 24;
    private static final int UNIQUE_KEY = 28;
    private static final int FIRST_CLAIM = 32;
    private static final int UPLOADED_BYTES = 36;
    private static final int ROW_BYTES = 40;
    private static final int ROWS_PER_CHUNK = 4_096;

    private final RowSlab rows;

    JobExtras(int jobsMax) {
        rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, jobsMax);
    }

    int allocate() {
        final int row = rows.allocate();
        rows.putLong(row, FIRST_CHUNK, Long.MAX_VALUE);
        rows.putInt(row, DEADLINE_TIMER, TimerQueue.NULL_HANDLE);
        return row + 1;
    }

    void free(int extras) {
        rows.free(extras - 1);
    }

    void settings(int extras, int leaseMs, int maxRunMs, long startDeadlineMs) {
        rows.putInt(extras - 1, LEASE_MS, leaseMs);
        rows.putInt(extras - 1, MAX_RUN_MS, maxRunMs);
        rows.putLong(extras - 1, START_DEADLINE_MS, startDeadlineMs);
    }

    /** Lease length in ms; 0 = the server's. */
    int leaseMs(int extras) {
        return extras == NONE ? 0 : rows.getInt(extras - 1, LEASE_MS);
    }

    /** Longest run of an attempt in ms; 0 = no bound. */
    int maxRunMs(int extras) {
        return extras == NONE ? 0 : rows.getInt(extras - 1, MAX_RUN_MS);
    }

    /** Latest start of the first attempt; 0 = none. */
    long startDeadlineMs(int extras) {
        return extras == NONE ? 0 : rows.getLong(extras - 1, START_DEADLINE_MS);
    }

    /** Earliest record with a chunk that the job needs; {@link Long#MAX_VALUE} = none. */
    long firstChunk(int extras) {
        return extras == NONE ? Long.MAX_VALUE : rows.getLong(extras - 1, FIRST_CHUNK);
    }

    void firstChunk(int extras, long position) {
        rows.putLong(extras - 1, FIRST_CHUNK, position);
    }

    /** Where the unique key lies in the table's strings, or -1. */
    int uniqueKey(int extras) {
        return extras == NONE ? -1 : rows.getInt(extras - 1, UNIQUE_KEY) - 1;
    }

    void uniqueKey(int extras, int ref) {
        rows.putInt(extras - 1, UNIQUE_KEY, ref + 1);
    }

    /** First claim on a limit, or {@link LimitTable#NONE}. */
    int firstClaim(int extras) {
        return extras == NONE ? LimitTable.NONE : rows.getInt(extras - 1, FIRST_CLAIM);
    }

    void firstClaim(int extras, int claim) {
        rows.putInt(extras - 1, FIRST_CLAIM, claim);
    }

    /** Bytes of the payload that lie in chunks. */
    int uploadedBytes(int extras) {
        return extras == NONE ? 0 : rows.getInt(extras - 1, UPLOADED_BYTES);
    }

    void uploadedBytes(int extras, int bytes) {
        rows.putInt(extras - 1, UPLOADED_BYTES, bytes);
    }

    /** Handle of the timer of the latest start, or {@link TimerQueue#NULL_HANDLE}. */
    int deadlineTimer(int extras) {
        return extras == NONE ? TimerQueue.NULL_HANDLE : rows.getInt(extras - 1, DEADLINE_TIMER);
    }

    void deadlineTimer(int extras, int handle) {
        rows.putInt(extras - 1, DEADLINE_TIMER, handle);
    }

    long bytes() {
        return rows.bytes();
    }

    void close() {
        rows.close();
    }
}
