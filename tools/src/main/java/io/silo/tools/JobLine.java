package io.silo.tools;

import io.silo.client.JobRequest;
import io.silo.client.Limit;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A job as JSON: one line of {@code enqueue --file}, and the part of a line of {@code import} that is not its history. What a line
 * leaves out, the command's options say.
 *
 * @param id job id; null = a new one.
 * @param priority null = the option's.
 * @param startAtMs epoch ms; null = the option's.
 * @param startDeadlineMs epoch ms; null = the option's.
 * @param maxRunMs null = the option's.
 * @param leaseMs null = the server's.
 * @param retry null = none.
 * @param uniqueKey null = the option's.
 * @param limits in order of the line.
 * @param payload bytes.
 * @param metadata in order of the line.
 */
record JobLine(
        @Nullable String id,
        @Nullable String tenant,
        @Nullable String taskGroup,
        @Nullable Integer priority,
        @Nullable Long startAtMs,
        @Nullable Long startDeadlineMs,
        @Nullable Long maxRunMs,
        @Nullable Long leaseMs,
        @Nullable RetryPolicy retry,
        @Nullable String uniqueKey,
        List<Limit> limits,
        Payload payload,
        Map<String, String> metadata) {
    /** Names of a job's own fields. */
    static final Set<String> KEYS = Set.of(
            "id",
            "tenant",
            "task_group",
            "priority",
            "start_at_ms",
            "start_deadline_ms",
            "max_run_ms",
            "lease_ms",
            "retry",
            "unique_key",
            "limits",
            "payload",
            "payload_base64",
            "payload_encoding",
            "metadata");

    private static final Set<String> RETRY_KEYS =
            Set.of("retries", "initial_interval_ms", "max_interval_ms", "backoff", "jitter");

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException with a half sentence that says what is wrong.
     */
    static JobLine parse(String line) {
        return of(JsonFields.parse(line, KEYS));
    }

    /** Takes the job's own fields out of a line. */
    static JobLine of(JsonFields fields) {
        final Long priority = fields.whole("priority", "a whole number");
        if (priority != null && (int) (long) priority != priority) {
            throw new IllegalArgumentException("has a 'priority' that is not a whole number");
        }
        return new JobLine(
                fields.text("id"),
                fields.text("tenant"),
                fields.text("task_group"),
                priority == null ? null : (int) (long) priority,
                fields.ms("start_at_ms"),
                fields.ms("start_deadline_ms"),
                fields.ms("max_run_ms"),
                fields.ms("lease_ms"),
                retry(fields.object("retry", RETRY_KEYS)),
                fields.text("unique_key"),
                LimitFields.read(fields),
                fields.needed("payload"),
                fields.texts("metadata"));
    }

    private static @Nullable RetryPolicy retry(@Nullable JsonFields fields) {
        if (fields == null) {
            return null;
        }
        final Long retries = fields.whole("retries", "a whole number");
        final Double backoff = fields.number("backoff");
        return new RetryPolicy(
                retries == null ? 0 : (int) Math.min(Integer.MAX_VALUE, Math.max(-1, retries)),
                duration(fields.ms("initial_interval_ms")),
                duration(fields.ms("max_interval_ms")),
                backoff == null ? 1 : backoff,
                fields.isTrue("jitter"));
    }

    private static Duration duration(@Nullable Long ms) {
        return Duration.ofMillis(ms == null ? 0 : ms);
    }

    /** Puts what the line says into a request that holds what the options say. */
    JobRequest.Builder into(JobRequest.Builder builder) {
        builder.payload(payload).metadata(metadata);
        limits.forEach(builder::limit);
        if (id != null) {
            builder.id(id);
        }
        if (tenant != null) {
            builder.tenant(tenant);
        }
        if (priority != null) {
            builder.priority(priority);
        }
        if (startAtMs != null) {
            builder.startAt(Instant.ofEpochMilli(startAtMs));
        }
        if (startDeadlineMs != null) {
            builder.startDeadline(Instant.ofEpochMilli(startDeadlineMs));
        }
        if (maxRunMs != null) {
            builder.maxRun(Duration.ofMillis(maxRunMs));
        }
        if (leaseMs != null) {
            builder.lease(Duration.ofMillis(leaseMs));
        }
        if (retry != null) {
            builder.retry(retry);
        }
        if (uniqueKey != null) {
            builder.uniqueKey(uniqueKey);
        }
        return builder;
    }
}
