package io.silo.tools;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times as people write them. Stateless. */
final class TimeText {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,15})(ms|s|m|h|d)");
    private static final Map<String, Long> UNIT_MS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    private TimeText() {}

    /**
     * Milliseconds of {@code 500ms}, {@code 5s}, {@code 10m}, {@code 2h} or {@code 1d}.
     *
     * @throws TypeConversionException if it is none of these.
     */
    static long durationMs(String text) {
        final Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + text + "' is no duration; write 500ms, 5s, 10m, 2h or 1d");
        }
        final Long unitMs = UNIT_MS.get(matcher.group(2));
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), unitMs == null ? 1 : unitMs);
        } catch (ArithmeticException tooLong) {
            throw new TypeConversionException("'" + text + "' is longer than any time");
        }
    }

    /** A duration as {@link #durationMs} reads it, in the largest unit that it is whole in. */
    static String duration(Duration duration) {
        final long ms = duration.toMillis();
        for (String unit : List.of("d", "h", "m", "s")) {
            final Long unitMs = UNIT_MS.get(unit);
            if (unitMs != null && ms > 0 && ms % unitMs == 0) {
                return ms / unitMs + unit;
            }
        }
        return ms + "ms";
    }

    /** When a job may start: epoch milliseconds, or a duration from now. */
    record StartAt(boolean relative, long ms) {
        /** As epoch milliseconds, seen from {@code nowMs}. */
        long epochMs(long nowMs) {
            return relative ? nowMs + ms : ms;
        }
    }

    /** Reads {@code 30s}. */
    static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Duration.ofMillis(durationMs(text));
        }
    }

    /** Reads {@code 1767225600000} or {@code +5s}. */
    static final class StartAtConverter implements ITypeConverter<StartAt> {
        @Override
        public StartAt convert(String text) {
            if (text.startsWith("+")) {
                return new StartAt(true, durationMs(text.substring(1)));
            }
            try {
                final long ms = Long.parseLong(text);
                if (ms >= 0) {
                    return new StartAt(false, ms);
                }
            } catch (NumberFormatException notANumber) {
                // Answered below, as a negative number is.
            }
            throw new TypeConversionException(
                    "'" + text + "' is no start time; write epoch milliseconds, or +5s for five seconds from now");
        }
    }
}
