package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Explanation;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a job waits for, in a sentence and in figures. Stateless. */
final class ExplainOutput {
    private ExplainOutput() {}

    /** One sentence. */
    static String sentence(Explanation job, @Nullable String errorCode) {
        final String subject = "Job " + job.jobId();
        return switch (job.situation()) {
            case ENDED ->
                subject + " does not run: it ended " + job.status() + " at " + job.changedAt()
                        + (errorCode == null ? "." : ", with " + errorCode + ".");
            case RUNNING -> subject + " runs: " + running(job.run());
            case STARTS_LATER -> subject + " does not run: it starts at " + job.startAt() + in(job) + ".";
            case GROUP_PAUSED -> subject + " does not run: its task group " + job.taskGroup() + " is paused.";
            case TENANT_PAUSED -> subject + " does not run: its tenant " + job.tenant() + " is paused.";
            case LIMITED -> subject + " does not run: " + limited(job.line());
            case TENANT_CAPPED ->
                subject + " does not run: as many jobs of tenant " + job.tenant() + " run in task group "
                        + job.taskGroup() + " as its cap allows.";
            case RATE_LIMITED -> subject + " does not run: " + rateLimited(job.bucket());
            case READY -> subject + " is ready: " + ready(job.place());
        };
    }

    private static String running(Explanation.@Nullable Run run) {
        if (run == null) {
            return "";
        }
        return "worker " + run.workerId() + " has it since " + run.leasedAt() + ", and the lease lasts "
                + TimeText.duration(run.leaseLeft()) + " more"
                + (run.cancelRequestedAt() == null
                        ? "."
                        : "; it was told to cancel at " + run.cancelRequestedAt() + ".");
    }

    private static String in(Explanation job) {
        final Instant start = job.startAt();
        return start == null || !start.isAfter(job.at())
                ? ""
                : ", in " + TimeText.duration(Duration.between(job.at(), start));
    }

    private static String limited(Explanation.@Nullable Line line) {
        if (line == null) {
            return "";
        }
        final String whose = whose(line);
        if (line.max() == 0) {
            return "the maximum of limit " + line.key() + " is 0, " + whose + ".";
        }
        final String before = before(line.before(), line.isMoreBefore());
        if (line.holderCount() >= line.max()) {
            return "limit " + line.key() + " has " + line.holderCount() + " holders and a maximum of " + line.max()
                    + ", " + whose + "; " + before + " before it.";
        }
        if (line.keptFor() != null) {
            return "free slots of limit " + line.key() + " are kept for job " + line.keptFor()
                    + ", which was passed over too often.";
        }
        return "others go first in the line for limit " + line.key() + "; " + before + " before it, and "
                + line.candidates() + " that only a worker is missing for.";
    }

    private static String rateLimited(Explanation.@Nullable Bucket bucket) {
        if (bucket == null) {
            return "";
        }
        final String limit = "rate limit " + bucket.name() + "/" + bucket.key();
        final Duration enoughIn = bucket.enoughIn();
        if (enoughIn == null) {
            return limit + " can never have the " + bucket.hits() + " hits that it takes.";
        }
        final String before = before(bucket.before(), bucket.isMoreBefore());
        if (bucket.stage() != Explanation.RateStage.HERE) {
            return asked(bucket, limit, enoughIn) + "; " + before + " before it.";
        }
        if (bucket.available() < bucket.hits()) {
            return limit + " has " + bucket.available() + " of the " + bucket.hits()
                    + " hits that it takes, and enough in " + TimeText.duration(enoughIn) + "; " + before
                    + " before it.";
        }
        if (bucket.keptFor() != null) {
            return "hits of " + limit + " are kept for job " + bucket.keptFor() + ", which was passed over too often.";
        }
        return "others go first in the line for " + limit + "; " + before + " before it, and " + bucket.candidates()
                + " that only a worker is missing for.";
    }

    private static String asked(Explanation.Bucket bucket, String limit, Duration askedIn) {
        return switch (bucket.stage()) {
            case HERE, TO_BE_ASKED -> "the rate limit service is asked for " + limit + " when a worker wants the job";
            case ASKED -> "the rate limit service is being asked for " + limit;
            case OVER ->
                "the rate limit service did not let " + limit + " pass, and is asked again in "
                        + TimeText.duration(askedIn);
            case UNAVAILABLE ->
                "the rate limit service gave no answer for " + limit + ", and is asked again in "
                        + TimeText.duration(askedIn);
        };
    }

    private static String ready(Explanation.@Nullable Place place) {
        if (place == null) {
            return "";
        }
        if (place.subscriptions() == 0 && place.waitingCalls() == 0) {
            return "no worker asks for tasks of its task group.";
        }
        if (place.prioritiesBefore() > 0 || place.tenantsBefore() > 0 || place.before() > 0) {
            return place.prioritiesBefore() + " more urgent priorities, " + place.tenantsBefore() + " tenants and "
                    + before(place.before(), place.isMoreBefore()) + " before it.";
        }
        return place.credits() == 0
                ? "it is next, and all workers of its task group have as many tasks as they want."
                : "it is next.";
    }

    private static String before(int count, boolean isMore) {
        final String tasks = count == 1 && !isMore ? " task is" : " tasks are";
        return count + (isMore ? " or more" : "") + tasks;
    }

    static void text(Explanation job, @Nullable String errorCode, PrintWriter out) {
        out.println(sentence(job, errorCode));
        out.println();
        out.println("status      " + job.status());
        out.println("tenant      " + job.tenant());
        out.println("task group  " + job.taskGroup());
        out.println("priority    " + job.priority());
        out.println("attempt     " + job.attempt());
        out.println("changed at  " + job.changedAt());
        if (job.startAt() != null) {
            out.println("start at    " + job.startAt());
        }
        if (job.isGroupPaused() || job.isTenantPaused()) {
            out.println("paused      "
                    + (!job.isTenantPaused()
                            ? "task group"
                            : job.isGroupPaused() ? "task group and tenant" : "tenant"));
        }
        final Explanation.Run run = job.run();
        if (run != null) {
            out.println("worker      " + run.workerId());
            out.println("holds       " + (run.held().isEmpty() ? "no slots" : String.join(", ", run.held())));
        }
        text(job.line(), out);
        text(job.bucket(), out);
        text(job.place(), out);
    }

    private static String whose(Explanation.Line line) {
        if (line.isMaxSet()) {
            return "set for the key";
        }
        return line.isMaxFloating() ? "found out by a worker" : "its own";
    }

    private static void text(Explanation.@Nullable Line line, PrintWriter out) {
        if (line == null) {
            return;
        }
        out.println("limit       " + line.key());
        out.println("maximum     " + line.max() + ", " + whose(line));
        out.println("holders     " + line.holderCount());
        for (Explanation.Holder holder : line.holders()) {
            out.println("            " + holder.jobId() + " by " + holder.workerId() + " since " + holder.since());
        }
        out.println("before it   " + line.before() + (line.isMoreBefore() ? " or more" : "") + " in line, "
                + line.candidates() + " waiting for a worker only");
        if (line.keptFor() != null) {
            out.println("kept for    " + line.keptFor());
        }
    }

    private static void text(Explanation.@Nullable Bucket bucket, PrintWriter out) {
        if (bucket == null) {
            return;
        }
        out.println("rate limit  " + bucket.name() + "/" + bucket.key());
        if (bucket.stage() == Explanation.RateStage.HERE) {
            out.println("hits        " + bucket.available() + " of " + bucket.hits() + " needed"
                    + (bucket.enoughIn() == null
                            ? ", never enough"
                            : ", enough in " + TimeText.duration(bucket.enoughIn())));
        } else {
            out.println("hits        " + bucket.hits() + " needed, of the rate limit service: " + bucket.stage());
        }
        out.println("before it   " + bucket.before() + (bucket.isMoreBefore() ? " or more" : "") + " in line, "
                + bucket.candidates() + " waiting for a worker only");
        if (bucket.keptFor() != null) {
            out.println("kept for    " + bucket.keptFor());
        }
    }

    private static void text(Explanation.@Nullable Place place, PrintWriter out) {
        if (place == null) {
            return;
        }
        out.println("before it   " + place.before() + (place.isMoreBefore() ? " or more" : "")
                + " of its tenant and priority, " + place.tenantsBefore() + " tenants, " + place.prioritiesBefore()
                + " priorities");
        out.println("workers     " + place.subscriptions() + " subscriptions with " + place.credits() + " credits, "
                + place.waitingCalls() + " waiting calls");
    }

    static ObjectNode json(Explanation job, @Nullable String errorCode) {
        final ObjectNode node = Output.object();
        node.put("id", job.jobId());
        node.put("tenant", job.tenant());
        node.put("task_group", job.taskGroup());
        node.put("situation", job.situation().name());
        node.put("sentence", sentence(job, errorCode));
        node.put("status", job.status().name());
        node.put("priority", job.priority());
        node.put("attempt", job.attempt());
        node.put("at_ms", job.at().toEpochMilli());
        node.put("changed_at_ms", job.changedAt().toEpochMilli());
        JobOutput.put(node, "start_at_ms", job.startAt());
        node.put("group_paused", job.isGroupPaused());
        node.put("tenant_paused", job.isTenantPaused());
        if (errorCode != null) {
            node.put("error_code", errorCode);
        }
        final Explanation.Run run = job.run();
        if (run != null) {
            put(node.putObject("run"), run);
        }
        final Explanation.Line line = job.line();
        if (line != null) {
            put(node.putObject("line"), line);
        }
        final Explanation.Bucket bucket = job.bucket();
        if (bucket != null) {
            put(node.putObject("bucket"), bucket);
        }
        final Explanation.Place place = job.place();
        if (place != null) {
            put(node.putObject("place"), place);
        }
        return node;
    }

    private static void put(ObjectNode node, Explanation.Run run) {
        node.put("worker_id", run.workerId());
        node.put("leased_at_ms", run.leasedAt().toEpochMilli());
        node.put("lease_left_ms", run.leaseLeft().toMillis());
        JobOutput.put(node, "cancel_requested_at_ms", run.cancelRequestedAt());
        final ArrayNode held = node.putArray("held");
        run.held().forEach(held::add);
    }

    private static void put(ObjectNode node, Explanation.Line line) {
        node.put("key", line.key());
        node.put("max", line.max());
        node.put("is_max_set", line.isMaxSet());
        node.put("is_max_floating", line.isMaxFloating());
        node.put("holders", line.holderCount());
        final ArrayNode holders = node.putArray("first_holders");
        for (Explanation.Holder holder : line.holders()) {
            final ObjectNode item = holders.addObject();
            item.put("job_id", holder.jobId());
            item.put("worker_id", holder.workerId());
            item.put("since_ms", holder.since().toEpochMilli());
        }
        node.put("before", line.before());
        node.put("is_more_before", line.isMoreBefore());
        node.put("candidates", line.candidates());
        if (line.keptFor() != null) {
            node.put("kept_for", line.keptFor());
        }
    }

    private static void put(ObjectNode node, Explanation.Bucket bucket) {
        node.put("name", bucket.name());
        node.put("key", bucket.key());
        node.put("stage", bucket.stage().name());
        node.put("hits", bucket.hits());
        node.put("available", bucket.available());
        if (bucket.enoughIn() != null) {
            node.put("enough_in_ms", bucket.enoughIn().toMillis());
        }
        node.put("before", bucket.before());
        node.put("is_more_before", bucket.isMoreBefore());
        node.put("candidates", bucket.candidates());
        if (bucket.keptFor() != null) {
            node.put("kept_for", bucket.keptFor());
        }
    }

    private static void put(ObjectNode node, Explanation.Place place) {
        node.put("priorities_before", place.prioritiesBefore());
        node.put("tenants_before", place.tenantsBefore());
        node.put("before", place.before());
        node.put("is_more_before", place.isMoreBefore());
        node.put("subscriptions", place.subscriptions());
        node.put("credits", place.credits());
        node.put("waiting_calls", place.waitingCalls());
    }
}
