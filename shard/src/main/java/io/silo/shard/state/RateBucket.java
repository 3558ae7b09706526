package io.silo.shard.state;

/**
 * The arithmetic of one bucket, loaded, moved to the terms and time of a caller, and read or stored. A <em>token bucket</em> is full at the
 * begin of a window, which begins with its first hit and lasts a duration (or is a unit of the calendar). A <em>leaky bucket</em> holds
 * its burst and fills at a steady rate. What is asked for counts in hits, what remains in millionths of one, so that slow rates lose
 * nothing. Both as Gubernator has them (github.com/gubernator-io/gubernator, algorithms).
 *
 * <p>Mutable and reused; does not allocate, but for months and years.
 */
public final class RateBucket {
    /** Never: the bucket will not have so much. */
    public static final long NEVER = Long.MAX_VALUE;

    /** 35,000 years: who would wait longer waits for ever. */
    private static final long WAIT_MS_MAX = 1L << 50;

    /** Of one hit. */
    private static final long MICROS = 1_000_000;

    private boolean isKnown;
    private boolean isLeaky;
    private boolean isCalendar;
    private long hitsMax;
    private long durationMs;
    private long burst;
    private long remainingMicros;
    private long startMs;

    /** No bucket: it is full for whoever asks. */
    void clear() {
        isKnown = false;
    }

    /** As an event has it. */
    public void set(
            boolean leaky, boolean calendar, long max, long duration, long burstMax, long remaining, long start) {
        isKnown = true;
        isLeaky = leaky;
        isCalendar = calendar;
        hitsMax = max;
        durationMs = duration;
        burst = burstMax;
        remainingMicros = remaining;
        startMs = start;
    }

    /**
     * Moves the bucket on to a time and to the terms of who asks now.
     *
     * @param nowMs not before any time it was moved to; of the calendar, if the terms are.
     */
    public void moveTo(RateTerms terms, int row, long nowMs) {
        final boolean leaky = terms.isLeaky(row);
        final boolean calendar = terms.has(row, RateTerms.CALENDAR);
        if (!isKnown || isLeaky != leaky || isCalendar != calendar || terms.has(row, RateTerms.RESET)) {
            fill(terms, row, nowMs);
        } else if (leaky) {
            if (terms.burst(row) != burst) {
                burst = terms.burst(row);
                remainingMicros = Math.max(remainingMicros, burst * MICROS);
            }
            hitsMax = terms.hitsMax(row);
            durationMs = terms.durationMs(row);
            leak(nowMs);
        } else {
            remainingMicros = Math.max(0, remainingMicros + (terms.hitsMax(row) - hitsMax) * MICROS);
            hitsMax = terms.hitsMax(row);
            durationMs = terms.durationMs(row);
            if (nowMs >= windowEndMs()) {
                fill(terms, row, nowMs);
            }
        }
    }

    private void fill(RateTerms terms, int row, long nowMs) {
        final boolean leaky = terms.isLeaky(row);
        final long held = leaky ? terms.burst(row) : terms.hitsMax(row);
        set(
                leaky,
                terms.has(row, RateTerms.CALENDAR),
                terms.hitsMax(row),
                terms.durationMs(row),
                leaky ? held : 0,
                held * MICROS,
                nowMs);
    }

    private void leak(long nowMs) {
        // Rounded down, and stored as it came out: a replay never computes it again.
        final double leaked = microsPerMs() * (nowMs - startMs);
        remainingMicros = (long) Math.min(burst * (double) MICROS, remainingMicros + Math.floor(leaked));
        startMs = nowMs;
    }

    private double microsPerMs() {
        if (!isCalendar) {
            return (double) hitsMax * MICROS / durationMs;
        }
        final CalendarUnit unit = CalendarUnit.of(durationMs);
        return (double) hitsMax * MICROS / (unit.endMs(startMs) - unit.beginMs(startMs));
    }

    private long windowEndMs() {
        return isCalendar ? CalendarUnit.of(durationMs).endMs(startMs) : startMs + durationMs;
    }

    /** Whole hits that remain, after {@link #moveTo}. */
    public long available() {
        return remainingMicros / MICROS;
    }

    /** Takes hits, which are there. */
    public void take(long hits) {
        remainingMicros -= hits * MICROS;
    }

    /** Takes all that remains. */
    public void drain() {
        remainingMicros = 0;
    }

    /** When so many hits will be there if none is taken, or {@link #NEVER}; after {@link #moveTo}. */
    public long enoughAtMs(long hits, long nowMs) {
        if (available() >= hits) {
            return nowMs;
        }
        if (!isLeaky) {
            return hits > hitsMax ? NEVER : windowEndMs();
        }
        final double perMs = microsPerMs();
        if (hits > burst || perMs == 0) {
            return NEVER;
        }
        final long lackingMicros = hits * MICROS - remainingMicros;
        // The last digit may be rounded the wrong way: who finds a little missing then asks again.
        final double waitMs = Math.ceil(lackingMicros / perMs);
        return waitMs > WAIT_MS_MAX ? NEVER : nowMs + (long) waitMs;
    }

    /** As the other, if what is there now goes to somebody else. */
    long nextEnoughAtMs(long hits, long nowMs) {
        if (available() >= hits && isLeaky) {
            remainingMicros = 0;
        }
        return !isLeaky && hits <= hitsMax ? windowEndMs() : enoughAtMs(hits, nowMs);
    }

    /** When the bucket is as if it were not there; a leaky one that nothing fills stays. */
    long fullAtMs() {
        return isLeaky ? enoughAtMs(burst, startMs) : windowEndMs();
    }

    public boolean isLeaky() {
        return isLeaky;
    }

    public boolean isCalendar() {
        return isCalendar;
    }

    public long hitsMax() {
        return hitsMax;
    }

    public long durationMs() {
        return durationMs;
    }

    public long burst() {
        return burst;
    }

    public long remainingMicros() {
        return remainingMicros;
    }

    public long startMs() {
        return startMs;
    }
}
