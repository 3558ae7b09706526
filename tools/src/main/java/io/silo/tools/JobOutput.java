package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Attempt;
import io.silo.client.Encoding;
import io.silo.client.Job;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A job as commands show it; {@link ImportLine} reads the same names. Stateless. */
final class JobOutput {
    private JobOutput() {}

    static ObjectNode json(Job job, boolean attempts) {
        final ObjectNode node = Output.object();
        node.put("id", job.id());
        node.put("tenant", job.tenant());
        node.put("task_group", job.taskGroup());
        node.put("status", job.status().name());
        node.put("priority", job.priority());
        node.put("enqueued_at_ms", job.enqueuedAt().toEpochMilli());
        node.put("start_at_ms", job.startAt().toEpochMilli());
        node.put("changed_at_ms", job.changedAt().toEpochMilli());
        put(node, "next_start_at_ms", job.nextStartAt());
        put(node, "start_deadline_ms", job.startDeadline());
        put(node, "cancelled_at_ms", job.cancelledAt());
        node.put("attempt", job.attempt());
        node.put("relative_attempt", job.relativeAttempt());
        put(node, "lease_ms", job.leaseDuration());
        put(node, "max_run_ms", job.maxRun());
        put(node, job.retryPolicy());
        if (job.uniqueKey() != null) {
            node.put("unique_key", job.uniqueKey());
        }
        LimitFields.put(node, job.limits());
        final ObjectNode metadata = node.putObject("metadata");
        job.metadata().forEach(metadata::put);
        put(node, "payload", job.payload());
        final Payload result = job.result();
        if (result != null) {
            put(node, "result", result);
        }
        if (job.errorCode() != null) {
            node.put("error_code", job.errorCode());
        }
        if (attempts) {
            final ArrayNode array = node.putArray("attempts");
            job.attempts().forEach(attempt -> array.add(json(attempt)));
        }
        return node;
    }

    private static ObjectNode json(Attempt attempt) {
        final ObjectNode node = Output.object();
        node.put("attempt", attempt.number());
        node.put("status", attempt.status().name());
        node.put("worker_id", attempt.workerId());
        node.put("started_at_ms", attempt.startedAt().toEpochMilli());
        final Instant finished = attempt.finishedAt();
        if (finished != null) {
            node.put("finished_at_ms", finished.toEpochMilli());
            put(node, "result", attempt.result());
        }
        if (attempt.errorCode() != null) {
            node.put("error_code", attempt.errorCode());
        }
        return node;
    }

    /** The policy, unless nothing follows a failure. */
    static void put(ObjectNode node, RetryPolicy retry) {
        if (retry.retries() > 0) {
            final ObjectNode policy = node.putObject("retry");
            policy.put("retries", retry.retries());
            policy.put("initial_interval_ms", retry.initialInterval().toMillis());
            policy.put("max_interval_ms", retry.maxInterval().toMillis());
            policy.put("backoff", retry.backoff());
            policy.put("jitter", retry.jitter());
        }
    }

    static void put(ObjectNode node, String field, @Nullable Instant at) {
        if (at != null) {
            node.put(field, at.toEpochMilli());
        }
    }

    static void put(ObjectNode node, String field, @Nullable Duration duration) {
        if (duration != null) {
            node.put(field, duration.toMillis());
        }
    }

    /** The bytes, and what they are unless that is seen: text under its name, others as Base64. */
    static void put(ObjectNode node, String field, Payload payload) {
        Output.putBytes(node, field, payload.bytes());
        final boolean isText = Output.asText(payload.bytes()) != null;
        if (payload.encoding() != (isText ? Encoding.TEXT : Encoding.RAW) && payload.size() > 0) {
            node.put(field + "_encoding", payload.encoding().name());
        }
    }

    static void text(Job job, PrintWriter out) {
        out.println("job         " + job.id());
        out.println("tenant      " + job.tenant());
        out.println("task group  " + job.taskGroup());
        out.println("status      " + job.status() + (job.errorCode() == null ? "" : " (" + job.errorCode() + ")"));
        out.println("priority    " + job.priority());
        out.println("enqueued    " + job.enqueuedAt());
        line(out, "next start  ", job.nextStartAt());
        line(out, "start by    ", job.startDeadline());
        line(out, "cancelled   ", job.cancelledAt());
        line(out, "max run     ", job.maxRun());
        line(out, "unique key  ", job.uniqueKey());
        out.println("attempt     " + job.attempt()
                + (job.relativeAttempt() == job.attempt() || job.relativeAttempt() == 0 || job.attempt() == 0
                        ? ""
                        : " (" + job.relativeAttempt() + " since the last restart)"));
        job.limits().forEach(limit -> out.println("limit       " + LimitFields.line(limit)));
        job.metadata().forEach((key, value) -> out.println("metadata    " + key + " = " + value));
        out.println("payload     " + Output.shown(job.payload().bytes()));
        final Payload result = job.result();
        if (result != null) {
            out.println("result      " + Output.shown(result.bytes()).stripTrailing());
        }
        for (Attempt attempt : job.attempts()) {
            final Instant finished = attempt.finishedAt();
            out.println(String.format(
                    Locale.ROOT,
                    "  attempt %d  %s  %s  by %s%s",
                    attempt.number(),
                    attempt.status(),
                    attempt.startedAt() + (finished == null ? "" : " to " + finished),
                    attempt.workerId(),
                    attempt.errorCode() == null ? "" : "  " + attempt.errorCode()));
        }
    }

    static void line(PrintWriter out, String name, @Nullable Object value) {
        if (value != null) {
            out.println(name + (value instanceof Duration duration ? duration.toMillis() + " ms" : value));
        }
    }
}
