package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.ConcurrencyLimit;
import io.silo.client.FloatingLimit;
import io.silo.client.Limit;
import io.silo.client.RateLimit;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Limits of jobs in files and in what commands print: what is printed can be read again. Stateless. */
final class LimitFields {
    private static final Set<String> KEYS = Set.of(
            "key",
            "max",
            "refresh_ms",
            "metadata",
            "name",
            "rate",
            "per_ms",
            "per",
            "hits",
            "leaky",
            "burst",
            "reset",
            "drain",
            "max_retries",
            "initial_backoff_ms",
            "max_backoff_ms",
            "backoff");

    private LimitFields() {}

    /** Puts the limits into an object, unless there are none. */
    static void put(ObjectNode node, List<Limit> limits) {
        if (limits.isEmpty()) {
            return;
        }
        final ArrayNode array = node.putArray("limits");
        for (final Limit limit : limits) {
            final ObjectNode entry = array.addObject();
            if (limit instanceof ConcurrencyLimit concurrency) {
                entry.put("key", concurrency.key()).put("max", concurrency.max());
            } else if (limit instanceof FloatingLimit floating) {
                entry.put("key", floating.key()).put("max", floating.defaultMax());
                entry.put("refresh_ms", floating.refreshInterval().toMillis());
                if (!floating.metadata().isEmpty()) {
                    new TreeMap<>(floating.metadata()).forEach(entry.putObject("metadata")::put);
                }
            } else if (limit instanceof RateLimit rate) {
                put(entry, rate);
            }
        }
    }

    private static void put(ObjectNode entry, RateLimit rate) {
        entry.put("name", rate.name()).put("key", rate.key()).put("rate", rate.limit());
        final ChronoUnit unit = rate.calendar();
        if (unit == null) {
            entry.put("per_ms", rate.duration().toMillis());
        } else {
            entry.put("per", unit(unit));
        }
        entry.put("hits", rate.hits());
        if (rate.leaky()) {
            entry.put("leaky", true).put("burst", rate.burst());
        }
        if (rate.reset()) {
            entry.put("reset", true);
        }
        if (rate.drain()) {
            entry.put("drain", true);
        }
        if (rate.maxRetries() > 0) {
            entry.put("max_retries", rate.maxRetries())
                    .put("initial_backoff_ms", rate.initialBackoff().toMillis())
                    .put("max_backoff_ms", rate.maxBackoff().toMillis())
                    .put("backoff", rate.backoff());
        }
    }

    /** One line for people. */
    static String line(Limit limit) {
        if (limit instanceof RateLimit rate) {
            final ChronoUnit unit = rate.calendar();
            return rate.name() + "/" + rate.key() + " = " + rate.limit() + " per "
                    + (unit == null ? TimeText.duration(rate.duration()) : unit(unit))
                    + (rate.hits() == 1 ? "" : ", hits " + rate.hits())
                    + (rate.leaky() ? ", leaky" + (rate.burst() == 0 ? "" : ", burst " + rate.burst()) : "")
                    + (rate.maxRetries() == 0 ? "" : ", retries " + rate.maxRetries());
        }
        if (limit instanceof FloatingLimit floating) {
            return floating.key() + " = " + floating.defaultMax() + ", found out every "
                    + TimeText.duration(floating.refreshInterval());
        }
        return limit.key() + " = " + (limit instanceof ConcurrencyLimit concurrency ? concurrency.max() : "");
    }

    private static String unit(ChronoUnit unit) {
        final String plural = unit.name().toLowerCase(Locale.ROOT);
        return plural.substring(0, plural.length() - 1);
    }

    /**
     * Takes the limits out of a line.
     *
     * @throws IllegalArgumentException with a half sentence that says what is wrong.
     */
    static List<Limit> read(JsonFields fields) {
        final List<Limit> limits = new ArrayList<>();
        for (final JsonFields limit : fields.objects("limits", KEYS)) {
            final String key = limit.text("key");
            final String name = limit.text("name");
            if (key != null && name != null) {
                limits.add(rate(limit, name, key));
                continue;
            }
            final Long max = limit.whole("max", "a whole number");
            if (key == null || max == null || max < 0 || max > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "has a limit that is neither a 'key' and a 'max' of 0 or more nor a 'name', a 'key' and a 'rate'");
            }
            final Long refreshMs = limit.ms("refresh_ms");
            limits.add(
                    refreshMs == null
                            ? new ConcurrencyLimit(key, (int) (long) max)
                            : new FloatingLimit(
                                    key, (int) (long) max, Duration.ofMillis(refreshMs), limit.texts("metadata")));
        }
        return limits;
    }

    private static RateLimit rate(JsonFields fields, String name, String key) {
        final Long limit = fields.whole("rate", "a whole number");
        final Long perMs = fields.ms("per_ms");
        final String per = fields.text("per");
        if (limit == null || (perMs == null) == (per == null)) {
            throw new IllegalArgumentException("has a rate limit without a 'rate' and either 'per_ms' or 'per'");
        }
        RateLimit rate = perMs != null
                ? RateLimit.of(name, key, limit, Duration.ofMillis(perMs))
                : RateLimit.of(name, key, limit, unit(per == null ? "" : per));
        final Long hits = fields.whole("hits", "a whole number");
        if (hits != null) {
            rate = rate.withHits(hits);
        }
        final Long burst = fields.whole("burst", "a whole number");
        if (fields.isTrue("leaky")) {
            rate = rate.withLeakyBucket(burst == null ? 0 : burst);
        }
        rate = rate.withFlags(fields.isTrue("reset"), fields.isTrue("drain"));
        final Long retries = fields.whole("max_retries", "a whole number");
        if (retries != null) {
            final Double backoff = fields.number("backoff");
            rate = rate.withRetries(
                    (int) Math.max(-1, Math.min(Integer.MAX_VALUE, retries)),
                    duration(fields.ms("initial_backoff_ms"), 1_000),
                    duration(fields.ms("max_backoff_ms"), 0),
                    backoff == null ? 2 : backoff);
        }
        return rate;
    }

    private static ChronoUnit unit(String per) {
        final @Nullable ChronoUnit unit = RateConverter.UNITS.get(per);
        if (unit == null) {
            throw new IllegalArgumentException(
                    "has a rate limit 'per' that is none of minute, hour, day, week, month, year");
        }
        return unit;
    }

    private static Duration duration(@Nullable Long ms, long otherwise) {
        return Duration.ofMillis(ms == null ? otherwise : ms);
    }
}
