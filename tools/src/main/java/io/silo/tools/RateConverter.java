package io.silo.tools;

import io.silo.client.RateLimit;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a rate limit: {@code NAME/KEY=LIMIT/DURATION}, and more behind commas; name and key may hold more of the signs. Stateless. */
final class RateConverter implements ITypeConverter<RateLimit> {
    /** What its option says of it. */
    static final String HELP =
            "Start no more often than LIMIT times in PER, a duration (500ms, 10s, 5m, 2h) or a unit of the calendar in UTC (minute, hour,"
                    + " day, week, month, year), all jobs of the tenant that name NAME and KEY together. Behind commas:"
                    + " hits=N for one start, leaky or leaky=BURST for a steady rate, reset, drain,"
                    + " retries=N to fail after N checks. Repeat for more.";

    /** Units of the calendar by their names. */
    static final Map<String, ChronoUnit> UNITS = Map.of(
            "minute", ChronoUnit.MINUTES,
            "hour", ChronoUnit.HOURS,
            "day", ChronoUnit.DAYS,
            "week", ChronoUnit.WEEKS,
            "month", ChronoUnit.MONTHS,
            "year", ChronoUnit.YEARS);

    @Override
    public RateLimit convert(String text) throws Exception {
        final int equals = text.indexOf('=');
        final int slash = text.indexOf('/');
        final String[] parts = text.substring(equals + 1).split(",", -1);
        final int per = parts[0].indexOf('/');
        if (slash <= 0 || equals < slash + 2 || per <= 0) {
            throw failure(text);
        }
        try {
            final String name = text.substring(0, slash);
            final String key = text.substring(slash + 1, equals);
            final long limit = Long.parseLong(parts[0].substring(0, per));
            final String duration = parts[0].substring(per + 1);
            final ChronoUnit unit = UNITS.get(duration);
            RateLimit rate = unit == null
                    ? RateLimit.of(name, key, limit, new TimeText.DurationConverter().convert(duration))
                    : RateLimit.of(name, key, limit, unit);
            for (int i = 1; i < parts.length; i++) {
                rate = with(rate, parts[i], text);
            }
            return rate;
        } catch (NumberFormatException noNumber) {
            throw failure(text);
        }
    }

    private static RateLimit with(RateLimit rate, String part, String text) {
        final int equals = part.indexOf('=');
        final String what = equals < 0 ? part : part.substring(0, equals);
        final long number = equals < 0 ? 0 : Long.parseLong(part.substring(equals + 1));
        final boolean needsNumber = what.equals("hits") || what.equals("retries");
        if (equals < 0 ? needsNumber : !needsNumber && !what.equals("leaky")) {
            throw failure(text);
        }
        return switch (what) {
            case "hits" -> rate.withHits(number);
            case "leaky" -> rate.withLeakyBucket(number);
            case "reset" -> rate.withFlags(true, rate.drain());
            case "drain" -> rate.withFlags(rate.reset(), true);
            case "retries" ->
                rate.withRetries(
                        Math.toIntExact(Math.min(Integer.MAX_VALUE, number)), Duration.ofSeconds(1), Duration.ZERO, 2);
            default -> throw failure(text);
        };
    }

    private static TypeConversionException failure(String text) {
        return new TypeConversionException("'" + text
                + "' is no rate limit; one is a name, a key, how many starts, and in what time: api/customer-7=100/1m");
    }
}
