package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.limit.MessageHeaderDecoder;
import io.silo.protocol.limit.RateLimitDecoder;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Terms of a rate limit, and what they make of a bucket. Immutable. */
record ModelRate(
        String name,
        long hitsMax,
        long hits,
        long durationMs,
        long burst,
        long initialBackoffMs,
        long maxBackoffMs,
        long backoffPermille,
        long maxRetries,
        long flags,
        int algorithm) {
    static final int CALENDAR = 4;
    static final int RESET = 8;
    static final int DRAIN = 32;
    private static final int LEAKY = 1;
    private static final long MICROS = 1_000_000;

    /** Fixed part and both headers. */
    private static final int BYTES_MIN = 8 + RateLimitDecoder.BLOCK_LENGTH + 2;

    static @Nullable ModelRate decode(String details) {
        final byte[] bytes = Text.bytes(details);
        if (bytes.length < BYTES_MIN) {
            return null;
        }
        final RateLimitDecoder d =
                new RateLimitDecoder().wrapAndApplyHeader(new UnsafeBuffer(bytes), 0, new MessageHeaderDecoder());
        return new ModelRate(
                Text.of(d.nameLength(), d::getName),
                d.hitsMax(),
                d.hits(),
                d.durationMs(),
                d.burst(),
                d.initialBackoffMs(),
                d.maxBackoffMs(),
                d.backoffPermille(),
                d.maxRetries(),
                d.flags(),
                d.algorithm());
    }

    /** Whether the numbers make sense. */
    boolean isGood() {
        final boolean isDurationGood = has(CALENDAR)
                ? durationMs >= 0 && durationMs <= 5
                : durationMs >= 1 && durationMs <= Bounds.RATE_DURATION_MS_MAX;
        return isDurationGood
                && isCount(hitsMax)
                && isCount(hits)
                && isCount(burst)
                && initialBackoffMs >= 0
                && initialBackoffMs <= Bounds.RETRY_INTERVAL_MS_MAX
                && maxBackoffMs >= 0
                && maxBackoffMs <= Bounds.RETRY_INTERVAL_MS_MAX
                && (maxBackoffMs == 0 || maxBackoffMs >= initialBackoffMs)
                && backoffPermille >= 1_000
                && backoffPermille <= Bounds.RETRY_BACKOFF_PERMILLE_MAX
                && maxRetries <= Bounds.RETRY_COUNT_MAX
                && flags <= 255
                && algorithm <= LEAKY;
    }

    private static boolean isCount(long count) {
        return count >= 0 && count <= Bounds.RATE_HITS_MAX;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    private boolean isLeaky() {
        return algorithm == LEAKY;
    }

    private long held() {
        return isLeaky() && burst != 0 ? burst : hitsMax;
    }

    boolean isHopeless() {
        return hits > held();
    }

    boolean isUnconditional() {
        return hits == 0 || has(RESET) && !isHopeless();
    }

    /** Whether a bucket was last asked by these terms. */
    boolean isOf(ModelEvent.Bucket bucket) {
        return bucket.hitsMax() == hitsMax
                && bucket.durationMs() == durationMs
                && bucket.burst() == (isLeaky() ? held() : 0)
                && bucket.algorithm() == algorithm
                && bucket.calendar() == (has(CALENDAR) ? 1 : 0);
    }

    /**
     * Checks what an event says is left after a start took its hits.
     *
     * @param before what the last event said; null = the bucket was full.
     */
    void check(ModelEvent.@Nullable Bucket before, ModelEvent.Bucket after) {
        Claim.check(isOf(after), "%s has other terms than %s", after, this);
        final long left = after.remainingMicros() + hits * MICROS;
        if (before == null || before.algorithm() != algorithm || before.calendar() != after.calendar() || has(RESET)) {
            Claim.equal(held() * MICROS, left, "what was in", after);
        } else if (isLeaky()) {
            checkLeaky(before, after, left);
        } else {
            checkWindow(before, after, left);
        }
        Claim.check(after.remainingMicros() >= 0, "%s took more than there was: %s", this, after);
    }

    private void checkWindow(ModelEvent.Bucket before, ModelEvent.Bucket after, long left) {
        if (after.startMs() == before.startMs()) {
            final long was = before.remainingMicros() + (hitsMax - before.hitsMax()) * MICROS;
            Claim.equal(Math.max(0, was), left, "what was in", after);
            return;
        }
        Claim.check(after.startMs() >= end(before.startMs()), "the window of %s had not ended: %s", before, after);
        Claim.equal(hitsMax * MICROS, left, "what was in", after);
    }

    private void checkLeaky(ModelEvent.Bucket before, ModelEvent.Bucket after, long left) {
        Claim.check(after.startMs() >= before.startMs(), "%s is before %s", after, before);
        final long was = before.burst() == held()
                ? before.remainingMicros()
                : Math.max(before.remainingMicros(), held() * MICROS);
        final BigDecimal leaked = BigDecimal.valueOf(hitsMax)
                .multiply(BigDecimal.valueOf(MICROS))
                .multiply(BigDecimal.valueOf(after.startMs() - before.startMs()))
                .divide(BigDecimal.valueOf(interval(before.startMs())), 3, RoundingMode.FLOOR);
        final long right = leaked.add(BigDecimal.valueOf(was))
                .min(BigDecimal.valueOf(held() * MICROS))
                .longValue();
        // Floating point has 15 digits.
        final long slack = 1 + right / 1_000_000_000_000L;
        Claim.check(Math.abs(right - left) <= slack, "%s leaves %d, right is %d before the hits", after, left, right);
    }

    private long interval(long atMs) {
        return has(CALENDAR) ? end(atMs) - begin(atMs).toEpochMilli() : durationMs;
    }

    private long end(long atMs) {
        if (!has(CALENDAR)) {
            return atMs + durationMs;
        }
        final Instant begin = begin(atMs);
        final LocalDate day = begin.atZone(ZoneOffset.UTC).toLocalDate();
        return switch ((int) durationMs) {
            case 0 -> begin.plus(1, ChronoUnit.MINUTES).toEpochMilli();
            case 1 -> begin.plus(1, ChronoUnit.HOURS).toEpochMilli();
            case 2 -> begin.plus(1, ChronoUnit.DAYS).toEpochMilli();
            case 3 -> begin.plus(7, ChronoUnit.DAYS).toEpochMilli();
            case 4 -> startOf(day.plusMonths(1)).toEpochMilli();
            default -> startOf(day.plusYears(1)).toEpochMilli();
        };
    }

    private Instant begin(long atMs) {
        final Instant at = Instant.ofEpochMilli(atMs);
        final LocalDate day = at.atZone(ZoneOffset.UTC).toLocalDate();
        return switch ((int) durationMs) {
            case 0 -> at.truncatedTo(ChronoUnit.MINUTES);
            case 1 -> at.truncatedTo(ChronoUnit.HOURS);
            case 2 -> at.truncatedTo(ChronoUnit.DAYS);
            case 3 -> startOf(day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)));
            case 4 -> startOf(day.withDayOfMonth(1));
            default -> startOf(day.withDayOfYear(1));
        };
    }

    private static Instant startOf(LocalDate day) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant();
    }
}
