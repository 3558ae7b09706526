package io.silo.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A schedule as it stood when it was read. Its jobs are called {@code id@nominalTime}, such as
 * {@code nightly@2026-11-25T02:00:00Z}.
 *
 * @param summary what a list shows of it.
 * @param firstAt no firing is before it; of an interval also the origin.
 * @param startWithin latest start of a job after its nominal time; null = none.
 * @param priority of its jobs, 0 (first) to 99.
 * @param leaseDuration of its jobs' leases; null = the server's.
 * @param maxRun longest run of one attempt of a job; null = no bound.
 * @param retryPolicy what follows a failure of a job.
 * @param metadata of its jobs.
 * @param limits of its jobs.
 * @param uniqueKey of its jobs: no firing enqueues while the job of another has not ended; null = none.
 * @param payload of its jobs.
 * @param firings the next firing times, ascending, as many as were asked for and there are.
 */
public record Schedule(
        ScheduleSummary summary,
        Instant firstAt,
        @Nullable Duration startWithin,
        int priority,
        @Nullable Duration leaseDuration,
        @Nullable Duration maxRun,
        RetryPolicy retryPolicy,
        Map<String, String> metadata,
        List<Limit> limits,
        @Nullable String uniqueKey,
        Payload payload,
        List<Instant> firings) {
    /** Tenant; {@code -} if it has none. */
    public String tenant() {
        return summary.tenant();
    }

    /** Id, unique in its tenant. */
    public String id() {
        return summary.id();
    }

    /** Task group whose workers run its jobs. */
    public String taskGroup() {
        return summary.taskGroup();
    }

    /** Whether it does not fire until it is resumed. */
    public boolean isPaused() {
        return summary.isPaused();
    }

    /** When it fires next; null = it does not. */
    public @Nullable Instant nextFireAt() {
        return summary.nextFireAt();
    }

    /** Nominal time of the last firing; null = none yet. */
    public @Nullable Instant lastFireAt() {
        return summary.lastFireAt();
    }
}
