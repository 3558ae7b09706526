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

    /** Every cap lies below 2 to this. */
    private static final int CAP_BITS = Long.SIZE - Long.numberOfLeadingZeros(Bounds.RETRY_INTERVAL_MS_MAX);

    /** 2^-10 ms is twice what the arithmetic may lose, and so enough for a factor like 1.1 to come out whole where it is. */
    private static final int SLACK_BITS = 10;

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

    /** Takes one reference away; with the last one the policy is gone. */
    void release(int policy) {
        if (policy == NONE) {
            return;
        }
        final int left = rows.getInt(policy, REFERENCES) - 1;
        if (left > 0) {
            rows.putInt(policy, REFERENCES, left);
        } else {
            index.remove(hash(policy), policy);
            rows.free(policy);
        }
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
     * time, capped. Whole milliseconds, rounded down; what lacks less than a thousandth of one counts as whole.
     *
     * @param relativeAttempt the attempt that failed, from 1.
     */
    public long delayMs(int policy, int relativeAttempt) {
        final long cap = capMs(policy);
        final long initial = Math.min(cap, rows.getLong(policy, INITIAL_INTERVAL_MS));
        final int permille = rows.getInt(policy, BACKOFF_PERMILLE);
        return initial == 0 || permille == 1_000
                ? initial
                : Math.min(cap, grown(initial, permille, relativeAttempt - 1));
    }

    /**
     * {@code initial * (permille / 1,000) ^ times} by squaring, in integers. A number is {@code m / 2^63 * 2^e} with the highest bit
     * of m set. Every product is cut off below its 62nd bit or later: after the 24,000 factors that the least of them needs from
     * 1 ms to 400 days, what was cut off is less than 2^-11 ms.
     *
     * @return {@link Long#MAX_VALUE} beyond every cap.
     */
    private static long grown(long initial, int permille, int times) {
        final int whole = permille / 1_000;
        final int remainder = permille % 1_000;
        int powerExponent = 63 - Long.numberOfLeadingZeros(whole);
        final int fractionBits = 63 - powerExponent;
        // The remainder times 2^fractionBits / 1,000, in two steps, since it does not fit one.
        final long high = ((long) remainder << 40) / 1_000;
        final long low = (((long) remainder << 40) % 1_000 << fractionBits - 40) / 1_000;
        long power = ((long) whole << fractionBits) + (high << fractionBits - 40) + low;
        int exponent = 63 - Long.numberOfLeadingZeros(initial);
        long value = initial << 63 - exponent;
        for (int left = times; left > 0; left >>>= 1) {
            if ((left & 1) != 0) {
                final long product = multiplyHighUnsigned(value, power);
                exponent += powerExponent + (product < 0 ? 1 : 0);
                value = product < 0 ? product : product << 1;
            }
            if (left > 1) {
                final long product = multiplyHighUnsigned(power, power);
                powerExponent = 2 * powerExponent + (product < 0 ? 1 : 0);
                power = product < 0 ? product : product << 1;
            }
            // What is left is multiplied in at least once more, and all are at least 1.
            if (Math.max(exponent, left > 1 ? powerExponent : 0) >= CAP_BITS) {
                return Long.MAX_VALUE;
            }
        }
        final long below = (1L << 63 - exponent) - 1;
        final long nearlyOne = below - (1L << 63 - exponent - SLACK_BITS);
        return (value >>> 63 - exponent) + ((value & below) > nearlyOne ? 1 : 0);
    }

    /** As {@code Math.unsignedMultiplyHigh}, which came with Java 18. */
    private static long multiplyHighUnsigned(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
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
        index.close();
    }

    private static long hash(int retryCount, long initialMs, long maxMs, int backoffPermille, int jitter) {
        return Xxh64.mix(Xxh64.mix(Xxh64.mix(retryCount * 31L + jitter) + initialMs) + maxMs * 31 + backoffPermille);
    }
}
