package io.silo.tools;

import io.silo.client.AttemptStatus;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code import}: a job with its history, as {@code job get --json --attempts} prints it. Stateless.
 *
 * <p>The attempts say where a job stands. Where {@code status} says that it has ended, it does not begin anew: one that was
 * cancelled without an attempt that says so gets one, and one that failed with retries left gets none of them.
 */
final class ImportLine {
    /** What is printed of a job and follows from the rest. */
    private static final Set<String> PRINTED = Set.of(
            "status",
            "enqueued_at_ms",
            "changed_at_ms",
            "next_start_at_ms",
            "cancelled_at_ms",
            "attempt",
            "relative_attempt",
            "result",
            "result_base64",
            "result_encoding",
            "error_code",
            "attempts");

    private static final Set<String> ATTEMPT_KEYS = Set.of(
            "attempt",
            "status",
            "worker_id",
            "started_at_ms",
            "finished_at_ms",
            "error_code",
            "error_data",
            "error_data_base64",
            "error_data_encoding",
            "result",
            "result_base64",
            "result_encoding");

    private static final Set<String> KEYS = keys();

    private ImportLine() {}

    private static Set<String> keys() {
        final Set<String> keys = new HashSet<>(JobLine.KEYS);
        keys.addAll(PRINTED);
        return Set.copyOf(keys);
    }

    /**
     * Reads a line.
     *
     * @param taskGroup of a line that names none; may be null.
     * @throws IllegalArgumentException with a half sentence that says what is wrong.
     */
    static ImportedJob parse(String line, @Nullable String taskGroup) {
        final JsonFields fields = JsonFields.parse(line, KEYS);
        final JobLine job = JobLine.of(fields);
        final String group = job.taskGroup() == null ? taskGroup : job.taskGroup();
        if (job.id() == null) {
            throw new IllegalArgumentException("needs an 'id'");
        }
        if (group == null) {
            throw new IllegalArgumentException("needs a 'task_group'");
        }
        final List<ImportedAttempt> attempts = new ArrayList<>();
        for (JsonFields attempt : fields.objects("attempts", ATTEMPT_KEYS)) {
            attempts.add(attempt(attempt, attempts.size() + 1));
        }
        final JobRequest.Builder builder = job.into(JobRequest.to(group));
        final Long nextStartMs = fields.ms("next_start_at_ms");
        if (nextStartMs != null) {
            builder.startAt(Instant.ofEpochMilli(nextStartMs));
        }
        final JobStatus status = fields.value(JobStatus.class, "status");
        final AttemptStatus last =
                attempts.isEmpty() ? null : attempts.get(attempts.size() - 1).status();
        if (status == JobStatus.CANCELLED && last != AttemptStatus.CANCELLED && last != AttemptStatus.SUCCEEDED) {
            final Instant at = cancelledAt(fields);
            attempts.add(ImportedAttempt.cancelled(at, at));
        }
        if (status == JobStatus.FAILED && last == AttemptStatus.FAILED) {
            builder.retry(keptFailed(job.retry(), attempts.size()));
        }
        final Long enqueuedAtMs = fields.ms("enqueued_at_ms");
        return new ImportedJob(
                builder.build(), enqueuedAtMs == null ? null : Instant.ofEpochMilli(enqueuedAtMs), attempts);
    }

    private static Instant cancelledAt(JsonFields fields) {
        final Long cancelledAtMs = fields.ms("cancelled_at_ms");
        final Long atMs = cancelledAtMs == null ? fields.ms("changed_at_ms") : cancelledAtMs;
        if (atMs == null) {
            throw new IllegalArgumentException("has the status CANCELLED, so it needs a 'cancelled_at_ms'");
        }
        return Instant.ofEpochMilli(atMs);
    }

    private static RetryPolicy keptFailed(@Nullable RetryPolicy retry, int failures) {
        return retry == null || failures <= retry.retries() ? RetryPolicy.NONE : retry;
    }

    private static ImportedAttempt attempt(JsonFields fields, int number) {
        try {
            final AttemptStatus status = fields.value(AttemptStatus.class, "status");
            if (status == null) {
                throw new IllegalArgumentException("needs a 'status'");
            }
            final Instant startedAt = instant(fields, "started_at_ms");
            final Payload data = fields.bytes("error_data");
            final Payload result = fields.bytes("result");
            if (data != null && result != null) {
                throw new IllegalArgumentException("needs either 'result' or 'error_data'");
            }
            final Payload bytes = data == null ? result : data;
            return new ImportedAttempt(
                    status,
                    startedAt,
                    // The server refuses one that runs, and says which.
                    status == AttemptStatus.RUNNING ? startedAt : instant(fields, "finished_at_ms"),
                    fields.text("error_code"),
                    // Of a cancelled attempt nothing is printed but the encoding of nothing.
                    bytes == null || bytes.size() == 0 ? Payload.EMPTY : bytes);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(
                    "has an attempt, number " + number + ", that " + wrong.getMessage(), wrong);
        }
    }

    private static Instant instant(JsonFields fields, String key) {
        final Long ms = fields.ms(key);
        if (ms == null) {
            throw new IllegalArgumentException("needs a '" + key + "'");
        }
        return Instant.ofEpochMilli(ms);
    }
}
