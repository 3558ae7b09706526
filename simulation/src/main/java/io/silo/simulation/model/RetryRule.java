package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * A retry policy and what follows from it: the first delay is the initial interval, each further one the factor times longer, up to
 * the cap; jitter lengthens a delay by itself at most and stays under the cap. Immutable.
 *
 * @param count attempts beyond the first.
 * @param maxIntervalMs 0 = no cap.
 * @param backoffPermille factor times 1,000.
 * @param jitter 0 or 1.
 */
record RetryRule(long count, long initialIntervalMs, long maxIntervalMs, long backoffPermille, int jitter) {
    /** Whether the policy makes sense; one without retries always does. */
    boolean isGood() {
        return count == 0
                || count <= Bounds.RETRY_COUNT_MAX
                        && isBetween(0, initialIntervalMs, Bounds.RETRY_INTERVAL_MS_MAX)
                        && isBetween(0, maxIntervalMs, Bounds.RETRY_INTERVAL_MS_MAX)
                        && (maxIntervalMs == 0 || initialIntervalMs <= maxIntervalMs)
                        && isBetween(1_000, backoffPermille, Bounds.RETRY_BACKOFF_PERMILLE_MAX)
                        && (jitter == 0 || jitter == 1);
    }

    private static boolean isBetween(long least, long value, long most) {
        return least <= value && value <= most;
    }

    /**
     * Checks when the next attempt starts.
     *
     * @param relativeAttempt the one that failed, from 1.
     * @param nextStartMs as recorded; -1 = never.
     */
    void check(long relativeAttempt, long failedAtMs, long nextStartMs) {
        if (relativeAttempt > count) {
            Claim.check(
                    nextStartMs == -1,
                    "no attempt is left after %d, but one is due at %d",
                    relativeAttempt,
                    nextStartMs);
            return;
        }
        final long cap = maxIntervalMs == 0 ? Bounds.RETRY_INTERVAL_MS_MAX : maxIntervalMs;
        final long longest = Math.min(cap, exactDelayMs(relativeAttempt, cap));
        final long shortest = Math.min(longest, roundedDelayMs(relativeAttempt, cap));
        final long latest = jitter == 1 ? Math.min(cap, 2 * longest) : longest;
        final long delay = nextStartMs - failedAtMs;
        Claim.check(
                nextStartMs != -1 && isBetween(shortest, delay, latest),
                "attempt %d of %s failed at %d, the next starts at %d: not after %d to %d ms",
                relativeAttempt,
                this,
                failedAtMs,
                nextStartMs,
                shortest,
                latest);
    }

    /** initial x factor ^ (attempt - 1), rounded down once, or the cap. */
    private long exactDelayMs(long relativeAttempt, long cap) {
        final BigDecimal factor = BigDecimal.valueOf(backoffPermille, 3);
        BigDecimal delay = BigDecimal.valueOf(initialIntervalMs);
        for (long i = 1; i < relativeAttempt && mayGrow(delay.toBigInteger(), cap); i++) {
            delay = delay.multiply(factor);
        }
        return delay.setScale(0, RoundingMode.DOWN).min(BigDecimal.valueOf(cap)).longValueExact();
    }

    /** The same in whole milliseconds, rounded down at every step: both are allowed, and what lies between. */
    private long roundedDelayMs(long relativeAttempt, long cap) {
        BigInteger delay = BigInteger.valueOf(initialIntervalMs);
        for (long i = 1; i < relativeAttempt && mayGrow(delay, cap); i++) {
            delay = delay.multiply(BigInteger.valueOf(backoffPermille)).divide(BigInteger.valueOf(1_000));
        }
        return delay.min(BigInteger.valueOf(cap)).longValueExact();
    }

    private boolean mayGrow(BigInteger delay, long cap) {
        return backoffPermille > 1_000 && delay.signum() > 0 && delay.compareTo(BigInteger.valueOf(cap)) < 0;
    }
}
