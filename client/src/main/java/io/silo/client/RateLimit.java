package io.silo.client;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often jobs of a tenant that share a bucket may start. The bucket is named by a name and a key; each start of an attempt takes hits
 * from it, whatever becomes of the attempt. A <em>token bucket</em> is full at the begin of each window, which begins with its first hit or is a
 * unit of the calendar in UTC; a <em>leaky bucket</em> holds a burst and fills at a steady rate. Jobs need not agree on the terms: each asks by its
 * own. Who waits for one bucket comes by priority, start time and arrival. Immutable; any thread.
 *
 * @param name 1 to 256 bytes of UTF-8.
 * @param limit hits in a duration, 0 to 10^12.
 * @param duration 1 ms to 400 days; zero if {@code calendar} counts.
 * @param calendar MINUTES, HOURS, DAYS, WEEKS (from Monday), MONTHS or YEARS; null = the duration counts.
 * @param hits that one start takes; 0 = none, it never waits.
 * @param leaky whether it is a leaky bucket.
 * @param burst what a leaky bucket holds; 0 = the limit.
 * @param reset whether the bucket is filled before hits are taken.
 * @param drain whether a bucket that has too little is emptied when a job comes to wait for it.
 * @param maxRetries checks in a row that may not pass; then the attempt ends with RATE_LIMIT_EXCEEDED. 0 = it waits as long as it takes.
 * @param initialBackoff between checks, if the bucket has enough later than after {@code maxBackoff}.
 * @param maxBackoff zero = no cap.
 * @param backoff factor from check to check, from 1.
 */
public record RateLimit(
        String name,
        String key,
        long limit,
        Duration duration,
        @Nullable ChronoUnit calendar,
        long hits,
        boolean leaky,
        long burst,
        boolean reset,
        boolean drain,
        int maxRetries,
        Duration initialBackoff,
        Duration maxBackoff,
        double backoff)
        implements Limit {
    /** What {@code calendar} may be, in the order of Gubernator's numbers. */
    public static final List<ChronoUnit> CALENDAR_UNITS = List.of(
            ChronoUnit.MINUTES,
            ChronoUnit.HOURS,
            ChronoUnit.DAYS,
            ChronoUnit.WEEKS,
            ChronoUnit.MONTHS,
            ChronoUnit.YEARS);

    /** So many starts in any window of a duration. */
    public static RateLimit of(String name, String key, long limit, Duration duration) {
        return new RateLimit(
                name,
                key,
                limit,
                duration,
                null,
                1,
                false,
                0,
                false,
                false,
                0,
                Duration.ofSeconds(1),
                Duration.ZERO,
                2);
    }

    /**
     * So many starts in a unit of the calendar.
     *
     * @throws IllegalArgumentException if the unit is none of those that {@link #calendar} names.
     */
    public static RateLimit of(String name, String key, long limit, ChronoUnit unit) {
        if (!CALENDAR_UNITS.contains(unit)) {
            throw new IllegalArgumentException("Expected one of " + CALENDAR_UNITS + ", but the unit is " + unit + ".");
        }
        return new RateLimit(
                name,
                key,
                limit,
                Duration.ZERO,
                unit,
                1,
                false,
                0,
                false,
                false,
                0,
                Duration.ofSeconds(1),
                Duration.ZERO,
                2);
    }

    /** As this, with another number of hits. */
    public RateLimit withHits(long newHits) {
        return new RateLimit(
                name,
                key,
                limit,
                duration,
                calendar,
                newHits,
                leaky,
                burst,
                reset,
                drain,
                maxRetries,
                initialBackoff,
                maxBackoff,
                backoff);
    }

    /** As this, of a leaky bucket. */
    public RateLimit withLeakyBucket(long newBurst) {
        return new RateLimit(
                name,
                key,
                limit,
                duration,
                calendar,
                hits,
                true,
                newBurst,
                reset,
                drain,
                maxRetries,
                initialBackoff,
                maxBackoff,
                backoff);
    }

    /** As this, with the two flags. */
    public RateLimit withFlags(boolean newReset, boolean newDrain) {
        return new RateLimit(
                name,
                key,
                limit,
                duration,
                calendar,
                hits,
                leaky,
                burst,
                newReset,
                newDrain,
                maxRetries,
                initialBackoff,
                maxBackoff,
                backoff);
    }

    /** As this, but the attempt ends after some checks that did not pass. */
    public RateLimit withRetries(int newMaxRetries, Duration newInitial, Duration newMax, double factor) {
        return new RateLimit(
                name,
                key,
                limit,
                duration,
                calendar,
                hits,
                leaky,
                burst,
                reset,
                drain,
                newMaxRetries,
                newInitial,
                newMax,
                factor);
    }
}
