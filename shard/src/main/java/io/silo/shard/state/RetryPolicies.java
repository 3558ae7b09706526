package io.silo.shard.state;

import io.silo.protocol.Bounds;
import io.silo.protocol.Xxh64;

/**
 * Retry policies in use, each kept once with a count of the jobs that name it: many jobs share few policies. Shard thread only.
 *
 * <pre>
 *    0 initialIntervalMs    8 maxIntervalMs (0 = no cap)    16 retryCount    20 backoffPermille    24 jitter    28 references
 * </pre>
 */
public final class RetryPolicies {
    /** No policy: one attempt. */
    public static final int NONE = -1;

    private static final int INITIAL_INTERVAL_MS = 0;
    private static final int MAX_INTERVAL_MS = 8;
    private static final int RETRY_COUNT = 16;
    private static final int BACKOFF_PERMILLE = 20;
    private static final int JITTER = 24;
    private static final int REFERENCES = 28;
    private static final int ROW_BYTES = 32;

    private final RowSlab rows;
    private final SlotIndex index = new SlotIndex();

    RetryPolicies(int policiesMax) {
        rows = new RowSlab(ROW_BYTES, 1_024, policiesMax);
    }

    /** Row of an equal policy, with one more reference; {@link #NONE} for a policy without retries. */
    int acquire(int retryCount, long initialIntervalMs, long maxIntervalMs, int backoffPermille, boolean jitter) {
        if (retryCount == 0) {
            return NONE;
        }
        final int jitterValue = jitter ? 1 : 0;
        final long hash = hash(retryCount, initialIntervalMs, maxIntervalMs, backoffPermille, jitterValue);
        for (long cursor = index.firstCandidate(hash);
                cursor != SlotIndex.NULL_CANDIDATE;
                cursor = index.nextCandidate(hash, cursor)) {
            final int slot = (int) cursor;
            if (rows.getInt(slot, RETRY_COUNT) == retryCount
                    && rows.getLong(slot, INITIAL_INTERVAL_MS) == initialIntervalMs
                    && rows.getLong(slot, MAX_INTERVAL_MS) == maxIntervalMs
                    && rows.getInt(slot, BACKOFF_PERMILLE) == backoffPermille
                    && rows.getInt(slot, JITTER) == jitterValue) {
                rows.putInt(slot, REFERENCES, rows.getInt(slot, REFERENCES) + 1);
                return slot;
            }
        }
        final int slot = rows.allocate();
        rows.putLong(slot, INITIAL_INTERVAL_MS, initialIntervalMs);
        rows.putLong(slot, MAX_INTERVAL_MS, maxIntervalMs);
        rows.putInt(slot, RETRY_COUNT, retryCount);
        rows.putInt(slot, BACKOFF_PERMILLE, backoffPermille);
        rows.putInt(slot, JITTER, jitterValue);
        rows.putInt(slot, REFERENCES, 1);
        index.put(hash, slot);
        return slot;
    }

    /** Attempts allowed beyond the first. */
    public int retryCount(int policy) {
        return policy == NONE ? 0 : rows.getInt(policy, RETRY_COUNT);
    }

    /** Whether each delay is lengthened by a random part of itself. */
    public boolean jitter(int policy) {
        return policy != NONE && rows.getInt(policy, JITTER) != 0;
    }

    /**
     * Delay before the next attempt, jitter not included: the first delay is the initial interval, then times the factor each
     * time, capped. Whole milliseconds, rounded down at every step; saturates.
     *
     * @param relativeAttempt the attempt that failed, from 1.
     */
    public long delayMs(int policy, int relativeAttempt) {
        final long cap = capMs(policy);
        final long factor = rows.getInt(policy, BACKOFF_PERMILLE);
        long delay = Math.min(cap, rows.getLong(policy, INITIAL_INTERVAL_MS));
        // At most 36,000 steps: from 1,000 ms on, the least factor above 1 (1.001) reaches the cap of 400 days in
        // 17,361 steps,
        // and a shorter delay either grows by a whole millisecond a step or stops the loop.
        for (int i = 1; i < relativeAttempt && delay < cap; i++) {
            final long grown = delay <= Long.MAX_VALUE / factor ? delay * factor / 1_000 : cap;
            if (grown == delay) {
                break;
            }
            delay = Math.min(cap, grown);
        }
        return delay;
    }

    /** Longest delay in ms, jitter included. */
    public long capMs(int policy) {
        final long max = rows.getLong(policy, MAX_INTERVAL_MS);
        return max == 0 ? Bounds.RETRY_INTERVAL_MS_MAX : max;
    }

    long hash(int policy) {
        return policy == NONE
                ? 0
                : hash(
                        rows.getInt(policy, RETRY_COUNT),
                        rows.getLong(policy, INITIAL_INTERVAL_MS),
                        rows.getLong(policy, MAX_INTERVAL_MS),
                        rows.getInt(policy, BACKOFF_PERMILLE),
                        rows.getInt(policy, JITTER));
    }

    long bytes() {
        return rows.bytes() + index.bytes();
    }

    void close() {
        rows.close();
    }

    private static long hash(int retryCount, long initialMs, long maxMs, int backoffPermille, int jitter) {
        return Xxh64.mix(Xxh64.mix(Xxh64.mix(retryCount * 31L + jitter) + initialMs) + maxMs * 31 + backoffPermille);
    }
}
