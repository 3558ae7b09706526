package io.silo.client;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A schedule to be made: at each firing it enqueues a job {@code id@nominalTime}. Immutable; any thread.
 *
 * <pre>{@code
 * ScheduleRequest nightly = ScheduleRequest.to("reports")
 *         .id("nightly")
 *         .cron("0 3 * * *", ZoneId.of("Europe/Berlin"))
 *         .payload("all")
 *         .build();
 * }</pre>
 */
public final class ScheduleRequest {
    /** Its jobs, under the schedule's id. */
    final JobRequest job;

    final long intervalMs;
    final String cron;
    final String zone;
    final long firstAtMs;
    final long startWithinMs;
    final CatchUp catchUp;
    final boolean isPaused;

    private ScheduleRequest(Builder builder) {
        job = builder.job.build();
        intervalMs = builder.intervalMs;
        cron = builder.cron;
        zone = builder.zone;
        firstAtMs = builder.firstAtMs;
        startWithinMs = builder.startWithinMs;
        catchUp = builder.catchUp;
        isPaused = builder.isPaused;
    }

    /** Begins a schedule of jobs for the workers of a task group: 1 to 64 characters, none of them control characters. */
    public static Builder to(String taskGroup) {
        return new Builder(taskGroup);
    }

    /** Id of the schedule. */
    public String id() {
        return job.id;
    }

    /** Tenant of the schedule and its jobs; null = the client's default. */
    public @Nullable String tenant() {
        return job.tenant;
    }

    /** Bytes in a command, a few more rather than less. */
    int encodedLengthMax(String tenant) {
        return job.encodedLengthMax(tenant)
                + job.payload.size()
                + JobRequest.utf8Length(cron)
                + JobRequest.utf8Length(zone);
    }

    /** Collects what a schedule is made of. One thread. What is wrong with it is told when it is put. */
    public static final class Builder {
        private final JobRequest.Builder job;
        private long intervalMs;
        private String cron = "";
        private String zone = "";
        private long firstAtMs;
        private long startWithinMs;
        private CatchUp catchUp = CatchUp.SKIP;
        private boolean isPaused;

        private Builder(String taskGroup) {
            job = JobRequest.to(taskGroup).id("");
        }

        /** Id, 1 to 200 bytes of UTF-8, unique in its tenant. It has no default. */
        public Builder id(String value) {
            job.id(value);
            return this;
        }

        /** Tenant, at most 64 characters; default: the client's. */
        public Builder tenant(String value) {
            job.tenant(value);
            return this;
        }

        /** Fires every so often, 1 s to 400 days, counted from {@link #firstAt}. Takes the place of a cron expression. */
        public Builder every(Duration interval) {
            intervalMs = interval.toMillis();
            cron = "";
            zone = "";
            return this;
        }

        /**
         * Fires when the clock of a time zone matches. Takes the place of an interval.
         *
         * @param expression minute, hour, day of month, month, day of week, at most 256 bytes.
         */
        public Builder cron(String expression, ZoneId timeZone) {
            return cron(expression, timeZone.getId());
        }

        /** As the other, with a zone that the server knows; empty = UTC. */
        public Builder cron(String expression, String timeZone) {
            intervalMs = 0;
            cron = expression;
            zone = timeZone;
            return this;
        }

        /** No firing before it; of an interval also the origin. Default: when the server makes the schedule. */
        public Builder firstAt(Instant value) {
            firstAtMs = value.toEpochMilli();
            return this;
        }

        /** What becomes of missed firings; default: they are left out. */
        public Builder catchUp(CatchUp value) {
            catchUp = value;
            return this;
        }

        /**
         * Latest start of a job after its nominal time, at most 400 days: if no attempt has begun by then, it fails with
         * {@code START_DEADLINE_EXCEEDED}. Default, and zero: none.
         */
        public Builder startWithin(Duration value) {
            startWithinMs = value.toMillis();
            return this;
        }

        /** What the worker is given, at most 64 KiB; default: no bytes. */
        public Builder payload(Payload value) {
            job.payload(value);
            return this;
        }

        /** Text that the worker is given. */
        public Builder payload(String text) {
            return payload(Payload.text(text));
        }

        /** Of its jobs, 0 (first) to 99; default 50. */
        public Builder priority(int value) {
            job.priority(value);
            return this;
        }

        /** What follows a failure of a job; default: nothing. */
        public Builder retry(RetryPolicy value) {
            job.retry(value);
            return this;
        }

        /** Length of its jobs' leases. See {@link JobRequest.Builder#lease}. */
        public Builder lease(Duration value) {
            job.lease(value);
            return this;
        }

        /** Longest run of one attempt of a job. See {@link JobRequest.Builder#maxRun}. */
        public Builder maxRun(Duration value) {
            job.maxRun(value);
            return this;
        }

        /** Adds a name and a value to those of its jobs. See {@link JobRequest.Builder#metadata(String, String)}. */
        public Builder metadata(String key, String value) {
            job.metadata(key, value);
            return this;
        }

        /** Adds names and values. */
        public Builder metadata(Map<String, String> values) {
            job.metadata(values);
            return this;
        }

        /** Of its jobs: no firing enqueues while the job of another has not ended. See {@link JobRequest.Builder#uniqueKey}. */
        public Builder uniqueKey(String value) {
            job.uniqueKey(value);
            return this;
        }

        /** Adds a limit to those of its jobs. See {@link JobRequest.Builder#limit}. */
        public Builder limit(String key, int max) {
            return limit(new ConcurrencyLimit(key, max));
        }

        /** Adds a limit of any kind. See {@link JobRequest.Builder#limit(Limit)}. */
        public Builder limit(Limit limit) {
            job.limit(limit);
            return this;
        }

        /** Whether it does not fire until it is resumed; default: it fires. */
        public Builder paused(boolean value) {
            isPaused = value;
            return this;
        }

        /** Fixes all of it. */
        public ScheduleRequest build() {
            return new ScheduleRequest(this);
        }
    }
}
