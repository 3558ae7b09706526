package io.silo.shard.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When schedules fire, above all around the days on which clocks are put forward and back. */
class FiringTimesTest {
    private static long at(String local, String zone) {
        return LocalDateTime.parse(local).atZone(ZoneId.of(zone)).toInstant().toEpochMilli();
    }

    /** Columns: expression, zone, from, the next three in local time with their offset. */
    @ParameterizedTest
    @CsvSource({
        // Clocks go forward from 2 to 3: a time in the gap is left out, others stay at their local time.
        "30 2 * * *, Europe/Berlin, 2026-03-27T12:00,"
                + " 2026-03-28T02:30+01:00 2026-03-30T02:30+02:00 2026-03-31T02:30+02:00",
        "0 12 * * *, Europe/Berlin, 2026-03-27T13:00,"
                + " 2026-03-28T12:00+01:00 2026-03-29T12:00+02:00 2026-03-30T12:00+02:00",
        "*/30 * * * *, Europe/Berlin, 2026-03-29T01:00,"
                + " 2026-03-29T01:30+01:00 2026-03-29T03:00+02:00 2026-03-29T03:30+02:00",
        "30 2 * * *, America/New_York, 2026-03-07T12:00,"
                + " 2026-03-09T02:30-04:00 2026-03-10T02:30-04:00 2026-03-11T02:30-04:00",
        // Clocks go back from 3 to 2: once a day is once, every half hour goes through both hours.
        "30 2 * * *, Europe/Berlin, 2026-10-24T12:00,"
                + " 2026-10-25T02:30+02:00 2026-10-26T02:30+01:00 2026-10-27T02:30+01:00",
        "*/30 * * * *, Europe/Berlin, 2026-10-25T02:15,"
                + " 2026-10-25T02:30+02:00 2026-10-25T02:00+01:00 2026-10-25T02:30+01:00",
        "30 1 * * *, America/New_York, 2026-10-31T12:00,"
                + " 2026-11-01T01:30-04:00 2026-11-02T01:30-05:00 2026-11-03T01:30-05:00",
        // A zone with half an hour of summer time.
        "15 2 * * *, Australia/Lord_Howe, 2026-10-03T12:00,"
                + " 2026-10-05T02:15+11:00 2026-10-06T02:15+11:00 2026-10-07T02:15+11:00",
        // No summer time at all, leap days, ends of months, week days.
        "0 0 29 2 *, UTC, 2026-01-01T00:00, 2028-02-29T00:00Z 2032-02-29T00:00Z 2036-02-29T00:00Z",
        "0 0 31 * *, UTC, 2026-01-31T00:00, 2026-03-31T00:00Z 2026-05-31T00:00Z 2026-07-31T00:00Z",
        "0 9 * * 1-5, UTC, 2026-11-27T09:00, 2026-11-30T09:00Z 2026-12-01T09:00Z 2026-12-02T09:00Z",
        "0 9 * * 7, UTC, 2026-11-24T00:00, 2026-11-29T09:00Z 2026-12-06T09:00Z 2026-12-13T09:00Z",
    })
    void shouldFireByTheClockOnTheWall(String expression, String zone, String from, String expected) {
        FiringTimes times = FiringTimes.of(0, 0, expression, zone);
        List<String> found = new ArrayList<>();
        long ms = at(from, zone);
        for (int i = 0; i < 3; i++) {
            ms = times.nextAfter(ms);
            found.add(Instant.ofEpochMilli(ms)
                    .atZone(ZoneId.of(zone))
                    .toOffsetDateTime()
                    .toString());
        }
        assertThat(String.join(" ", found)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"7 3 * * *, Europe/Berlin", "*/5 * * * *, America/New_York", "0 0 1 * *, UTC"})
    void shouldKnowTheLastAsTheOneBeforeTheNext(String expression, String zone) {
        FiringTimes times = FiringTimes.of(0, 0, expression, zone);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 200; i++) {
            long ms = at("2026-01-01T00:00", zone) + random.nextLong(400L * 24 * 3_600_000);
            long next = times.nextAfter(ms);
            assertThat(next).isGreaterThan(ms);
            assertThat(times.nextAfter(next - 1)).as("the next is one itself").isEqualTo(next);
            assertThat(times.lastUntil(next)).isEqualTo(next);
            long last = times.lastUntil(ms);
            assertThat(last).isLessThanOrEqualTo(ms);
            assertThat(times.nextAfter(last))
                    .as("nothing between %s and %s", last, next)
                    .isEqualTo(next);
        }
    }

    @Test
    void shouldCountAnIntervalFromItsFirst() {
        FiringTimes times = FiringTimes.of(10_000, 5_000, "", "");
        assertThat(times.nextAfter(0)).isEqualTo(5_000);
        assertThat(times.nextAfter(5_000)).isEqualTo(15_000);
        assertThat(times.nextAfter(14_999)).isEqualTo(15_000);
        assertThat(times.lastUntil(4_999)).isEqualTo(FiringTimes.NEVER);
        assertThat(times.lastUntil(5_000)).isEqualTo(5_000);
        assertThat(times.lastUntil(24_999)).isEqualTo(15_000);
    }

    @Test
    void shouldNotFireBeforeItsFirst() {
        long first = at("2026-05-01T05:00", "UTC");
        FiringTimes times = FiringTimes.of(0, first, "0 5 * * *", "");
        assertThat(times.nextAfter(0)).isEqualTo(first);
        assertThat(times.lastUntil(first - 1)).isEqualTo(FiringTimes.NEVER);
        assertThat(times.lastUntil(first)).isEqualTo(first);
    }
}
