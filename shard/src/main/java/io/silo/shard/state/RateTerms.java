package io.silo.shard.state;

import io.silo.protocol.Bounds;
import io.silo.protocol.Xxh64;
import io.silo.protocol.limit.RateLimitDecoder;

/**
 * Terms by which jobs ask buckets of rate limits, each kept once with a count of the claims that name it: many jobs share few terms.
 * Shard thread only; does not allocate in steady state.
 *
 * <pre>
 *    0 hitsMax    8 hits    16 durationMs    24 burst    32 initialBackoffMs    40 maxBackoffMs    48 backoffPermille
 *   52 maxRetries    56 flags and, from bit 8, the algorithm    60 references
 * </pre>
 */
public final class RateTerms {
    /** Flags of the wire. */
    public static final int CALENDAR = 4;

    public static final int RESET = 8;
    public static final int DRAIN = 32;
    private static final int ALGORITHM_SHIFT = 8;
    private static final int FLAGS_MASK = (1 << ALGORITHM_SHIFT) - 1;

    private static final int HITS_MAX = 0;
    private static final int HITS = 8;
    private static final int DURATION_MS = 16;
    private static final int BURST = 24;
    private static final int INITIAL_BACKOFF_MS = 32;
    private static final int MAX_BACKOFF_MS = 40;
    private static final int BACKOFF_PERMILLE = 48;
    private static final int MAX_RETRIES = 52;
    private static final int FLAGS = 56;
    private static final int REFERENCES = 60;
    private static final int ROW_BYTES = 64;
    private static final int ROWS_PER_CHUNK = 256;

    private final int termsMax;
    private final RowSlab rows;
    private final SlotIndex index = new SlotIndex();

    /** @param termsMax that differ. */
    RateTerms(int termsMax) {
        this.termsMax = termsMax;
        // One more while terms are compared with those that are there.
        rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, termsMax + 1);
    }

    /** Whether so many more find room. */
    boolean hasRoom(int count) {
        return rows.count() + count <= termsMax;
    }

    /** Row of equal terms, with one more reference. */
    int acquire(RateLimitDecoder limit) {
        final int row = rows.allocate();
        rows.putLong(row, HITS_MAX, limit.hitsMax());
        rows.putLong(row, HITS, limit.hits());
        rows.putLong(row, DURATION_MS, limit.durationMs());
        rows.putLong(row, BURST, limit.burst());
        rows.putLong(row, INITIAL_BACKOFF_MS, limit.initialBackoffMs());
        rows.putLong(row, MAX_BACKOFF_MS, limit.maxBackoffMs());
        rows.putInt(row, BACKOFF_PERMILLE, (int) limit.backoffPermille());
        rows.putInt(row, MAX_RETRIES, (int) limit.maxRetries());
        rows.putInt(row, FLAGS, (int) limit.flags() & FLAGS_MASK | limit.algorithm() << ALGORITHM_SHIFT);
        final long hash = hash(row);
        for (long c = index.firstCandidate(hash); c != SlotIndex.NULL_CANDIDATE; c = index.nextCandidate(hash, c)) {
            final int known = (int) c;
            if (isEqual(row, known)) {
                rows.free(row);
                rows.putInt(known, REFERENCES, rows.getInt(known, REFERENCES) + 1);
                return known;
            }
        }
        rows.putInt(row, REFERENCES, 1);
        index.put(hash, row);
        return row;
    }

    private boolean isEqual(int row, int other) {
        for (int at = 0; at < REFERENCES; at += Integer.BYTES) {
            if (rows.getInt(row, at) != rows.getInt(other, at)) {
                return false;
            }
        }
        return true;
    }

    /** Takes one reference away; with the last one the terms are gone. */
    void release(int terms) {
        final int left = rows.getInt(terms, REFERENCES) - 1;
        rows.putInt(terms, REFERENCES, left);
        if (left == 0) {
            final boolean isRemoved = index.remove(hash(terms), terms);
            assert isRemoved : "terms " + terms + " were not indexed";
            rows.free(terms);
        }
    }

    /** Over all but the references. */
    long hash(int terms) {
        long hash = 0;
        for (int at = 0; at < REFERENCES; at += Integer.BYTES) {
            hash = Xxh64.mix(hash + rows.getInt(terms, at));
        }
        return hash;
    }

    /** Hits in a duration. */
    public long hitsMax(int terms) {
        return rows.getLong(terms, HITS_MAX);
    }

    /** Hits that one start takes. */
    public long hits(int terms) {
        return rows.getLong(terms, HITS);
    }

    /** In ms, or a number of {@link CalendarUnit}. */
    public long durationMs(int terms) {
        return rows.getLong(terms, DURATION_MS);
    }

    /** What a leaky bucket holds. */
    public long burst(int terms) {
        final long burst = rows.getLong(terms, BURST);
        return burst == 0 ? hitsMax(terms) : burst;
    }

    /** Whether a flag of the wire is set. */
    public boolean has(int terms, int flag) {
        return (rows.getInt(terms, FLAGS) & flag) != 0;
    }

    /** All flags of the wire. */
    int flags(int terms) {
        return rows.getInt(terms, FLAGS) & FLAGS_MASK;
    }

    public boolean isLeaky(int terms) {
        return rows.getInt(terms, FLAGS) >>> ALGORITHM_SHIFT != 0;
    }

    /** Checks in a row that may not pass before the attempt fails; 0 = any number. */
    public int maxRetries(int terms) {
        return rows.getInt(terms, MAX_RETRIES);
    }

    /**
     * When a check that did not pass is repeated: when the bucket has enough again if that is within the longest back-off, else after
     * the initial one times the factor for each check before.
     *
     * @param enoughMs when the bucket will have enough; {@link Long#MAX_VALUE} = never.
     * @param checks before this one, in a row.
     */
    long retryAtMs(int terms, long nowMs, long enoughMs, int checks) {
        final long cap = rows.getLong(terms, MAX_BACKOFF_MS);
        final long maxBackoffMs = cap == 0 ? Bounds.RATE_DURATION_MS_MAX : cap;
        if (enoughMs > nowMs && enoughMs - nowMs < maxBackoffMs) {
            return enoughMs;
        }
        final long initialMs = rows.getLong(terms, INITIAL_BACKOFF_MS);
        if (initialMs == 0) {
            // Nothing grows from nothing, and times infinity it is no number.
            return nowMs;
        }
        final double factor = rows.getInt(terms, BACKOFF_PERMILLE) / 1_000.0;
        final double backoffMs = initialMs * Math.pow(factor, checks);
        return nowMs + (backoffMs < (double) maxBackoffMs ? (long) backoffMs : maxBackoffMs);
    }

    long bytes() {
        return rows.bytes() + index.bytes();
    }

    void close() {
        rows.close();
        index.close();
    }
}
