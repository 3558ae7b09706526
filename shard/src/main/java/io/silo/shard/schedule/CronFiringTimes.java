package io.silo.shard.schedule;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/**
 * A Unix cron expression in a time zone. Where the clocks are put forward, times in the gap are left out; where they are put back,
 * an expression that fires less often than every hour fires once. The arithmetic is that of cron-utils; what it gave is recorded in
 * the log, so that another version of it, or of the zone rules, changes the future only.
 */
final class CronFiringTimes implements FiringTimes {
    /** Whole seconds: no cron time has a fraction. */
    private static final long SECOND_MS = 1_000;

    private final ExecutionTime times;
    private final ZoneId zone;
    private final long firstAtMs;

    /** @throws IllegalArgumentException if the expression cannot be read. */
    CronFiringTimes(String expression, ZoneId zone, long firstAtMs) {
        final Cron cron = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX)).parse(expression);
        this.times = ExecutionTime.forCron(cron.validate());
        this.zone = zone;
        this.firstAtMs = firstAtMs;
    }

    /**
     * The zone of this name, UTC for none.
     *
     * @throws IllegalArgumentException if there is none.
     */
    static ZoneId zone(String name) {
        try {
            return name.isEmpty() ? ZoneOffset.UTC : ZoneId.of(name);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Expected a time zone, but it is '" + name + "'.", e);
        }
    }

    @Override
    public long nextAfter(long ms) {
        // Strictly behind the moment: the first time may be the first allowed one itself.
        final long from = Math.max(ms, firstAtMs - SECOND_MS);
        return times.nextExecution(at(from))
                .map(next -> next.toInstant().toEpochMilli())
                .orElse(NEVER);
    }

    @Override
    public long lastUntil(long ms) {
        return times.lastExecution(at(Math.floorDiv(ms, SECOND_MS) * SECOND_MS + SECOND_MS))
                .map(last -> last.toInstant().toEpochMilli())
                .filter(last -> last >= firstAtMs)
                .orElse(NEVER);
    }

    private ZonedDateTime at(long ms) {
        return Instant.ofEpochMilli(ms).atZone(zone);
    }
}
