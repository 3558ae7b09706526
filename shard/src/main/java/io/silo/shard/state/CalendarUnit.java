package io.silo.shard.state;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;

/** Units of the calendar that a rate limit may name as its duration, in UTC; the ordinal is the wire number. Any thread. */
public enum CalendarUnit {
    MINUTE,
    HOUR,
    DAY,
    WEEK,
    MONTH,
    YEAR;

    private static final CalendarUnit[] VALUES = values();

    /** Wire numbers are below this. */
    public static final int COUNT = VALUES.length;

    private static final long MINUTE_MS = 60_000;
    private static final long DAY_MS = 24 * 60 * MINUTE_MS;

    static CalendarUnit of(long number) {
        return VALUES[(int) number];
    }

    /** Begin of the unit that {@code ms} lies in, Unix epoch ms. */
    long beginMs(long ms) {
        return switch (this) {
            case MINUTE -> ms - Math.floorMod(ms, MINUTE_MS);
            case HOUR -> ms - Math.floorMod(ms, 60 * MINUTE_MS);
            case DAY -> ms - Math.floorMod(ms, DAY_MS);
            case WEEK, MONTH, YEAR -> startOfDay(firstDay(ms));
        };
    }

    /** Begin of the next unit. */
    long endMs(long ms) {
        return switch (this) {
            case MINUTE -> beginMs(ms) + MINUTE_MS;
            case HOUR -> beginMs(ms) + 60 * MINUTE_MS;
            case DAY -> beginMs(ms) + DAY_MS;
            case WEEK -> beginMs(ms) + 7 * DAY_MS;
            case MONTH -> startOfDay(firstDay(ms).plusMonths(1));
            case YEAR -> startOfDay(firstDay(ms).plusYears(1));
        };
    }

    private LocalDate firstDay(long ms) {
        final LocalDate day = LocalDate.ofEpochDay(Math.floorDiv(ms, DAY_MS));
        return switch (this) {
            case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            case MONTH -> day.withDayOfMonth(1);
            default -> day.withDayOfYear(1);
        };
    }

    private static long startOfDay(LocalDate day) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    }
}
