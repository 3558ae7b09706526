package io.silo.client;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A schedule as a list shows it. {@link SiloClient#getSchedule} tells the rest.
 *
 * @param tenant {@code -} if it has none.
 * @param id unique in its tenant.
 * @param taskGroup whose workers run its jobs.
 * @param interval between firings; null = {@code cron} says when.
 * @param cron minute, hour, day of month, month, day of week; null = it fires every {@code interval}.
 * @param zone time zone of {@code cron}, such as {@code Europe/Berlin}; null with an interval.
 * @param catchUp what becomes of missed firings.
 * @param isPaused whether it does not fire until it is resumed.
 * @param nextFireAt when it fires next; null = it does not.
 * @param lastFireAt nominal time of the last firing; null = none yet.
 */
public record ScheduleSummary(
        String tenant,
        String id,
        String taskGroup,
        @Nullable Duration interval,
        @Nullable String cron,
        @Nullable String zone,
        CatchUp catchUp,
        boolean isPaused,
        @Nullable Instant nextFireAt,
        @Nullable Instant lastFireAt) {}
