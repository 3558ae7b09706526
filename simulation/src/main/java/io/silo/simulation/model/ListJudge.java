package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.JobCountsReplyDecoder;
import io.silo.protocol.reply.JobsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Judges reads of many jobs: ListJobs, CountJobs. */
final class ListJudge {
    /** One job of a page. */
    private record Listed(
            long changedAtMs,
            long startAtMs,
            long attempt,
            int priority,
            String status,
            String tenant,
            String taskGroup,
            String jobId) {
        String name() {
            return JobDefinition.nameOf(tenant, jobId);
        }
    }

    /** Pages that follow each other while nothing happens: together they are whole. */
    private static final class Walk {
        final ModelFilter filter;
        final long position;
        final long nowMs;
        final Map<String, Listed> told = new TreeMap<>();
        long nextCursor;

        Walk(ModelFilter filter, long position, long nowMs) {
            this.filter = filter;
            this.position = position;
            this.nowMs = nowMs;
        }
    }

    private final ModelContext context;
    private @Nullable Walk lastWalk;

    ListJudge(ModelContext context) {
        this.context = context;
    }

    Expected list(Expected expected, ModelCommand.ListJobs command) {
        final EnumSet<RejectReason> reasons = context.rules.of(expected.session, command.filter());
        ArgumentRules.add(
                reasons,
                command.pageSize() < 1 || command.pageSize() > Bounds.PAGE_ITEMS_MAX,
                RejectReason.INVALID_LIMIT);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            return expected.refused(reason);
        }
        final String scope = Asker.scopeOf(expected.session);
        final ModelFilter filter = command.filter().of(scope == null ? "" : scope);
        final Map<String, Listed> right = new TreeMap<>();
        for (ModelJob job : context.state.jobs()) {
            if (filter.matches(job, context.nowMs)) {
                final Listed listed = listed(job);
                right.put(listed.name(), listed);
            }
        }
        final Walk walk = walk(filter, command.cursor());
        return expected.answered(reply -> check(command, right, walk, reply));
    }

    /** The walk that a page goes on with; null if something happened since, or it is of another. */
    private @Nullable Walk walk(ModelFilter filter, long cursor) {
        if (cursor == 0) {
            return new Walk(filter, context.lastPosition, context.nowMs);
        }
        final Walk last = lastWalk;
        return last != null
                        && last.nextCursor == cursor
                        && last.filter.equals(filter)
                        && last.position == context.lastPosition
                        && (filter.minAgeMs() == 0 || last.nowMs == context.nowMs)
                ? last
                : null;
    }

    private static Listed listed(ModelJob job) {
        final JobDefinition d = job.definition;
        final boolean isPending = job.state == JobState.SCHEDULED || job.cancelledPending;
        return new Listed(
                job.changedAtMs,
                job.state == JobState.SCHEDULED ? job.startMs : 0,
                isPending && job.attempt == 1 ? 0 : job.attempt,
                d.priority(),
                job.state.name(),
                d.tenant(),
                d.taskGroup(),
                d.jobId());
    }

    private void check(
            ModelCommand.ListJobs command, Map<String, Listed> right, @Nullable Walk walk, ModelReply reply) {
        Claim.equal(JobsReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
        final JobsReplyDecoder d =
                new JobsReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        final long nextCursor = d.nextCursor();
        final boolean isLast = d.isLast() != 0;
        final Map<String, Listed> told = new TreeMap<>();
        int count = 0;
        for (JobsReplyDecoder.JobsDecoder job : d.jobs()) {
            final Listed one = new Listed(
                    job.changedAtMs(),
                    job.startAtMs(),
                    job.attempt(),
                    job.priority(),
                    job.status().name(),
                    Text.of(job.tenantLength(), job::getTenant),
                    Text.of(job.taskGroupLength(), job::getTaskGroup),
                    Text.of(job.jobIdLength(), job::getJobId));
            Claim.equal(String.valueOf(right.get(one.name())), String.valueOf(one), "job listed by", reply);
            told.put(one.name(), one);
            count++;
        }
        Claim.check(
                count <= command.pageSize() && told.size() == count && (isLast || nextCursor > command.cursor()),
                "%s lists %d jobs, %d different ones, of %d asked for, and goes on from %d to %d",
                reply,
                count,
                told.size(),
                command.pageSize(),
                command.cursor(),
                nextCursor);
        if (walk == null || walk != lastWalk && command.cursor() != 0) {
            return;
        }
        final int before = walk.told.size();
        walk.told.putAll(told);
        walk.nextCursor = nextCursor;
        Claim.equal(before + count, walk.told.size(), "different jobs listed until", reply);
        Claim.check(
                !isLast || walk.told.keySet().equals(right.keySet()),
                "%s ends a list of %s; right was %s",
                reply,
                walk.told.keySet(),
                right.keySet());
        lastWalk = isLast ? null : walk;
    }

    Expected count(Expected expected, ModelCommand.CountJobs command) {
        final RejectReason reason =
                ArgumentRules.first(context.rules.ofTenantOrAll(expected.session, command.tenant()));
        if (reason != null) {
            return expected.refused(reason);
        }
        final String scope = Asker.scopeOf(expected.session);
        final String only = command.tenant().isEmpty() && scope != null ? scope : command.tenant();
        final long[] counts = new long[JobState.values().length];
        for (ModelJob job : context.state.jobs()) {
            if (only.isEmpty() || only.equals(job.definition.tenant())) {
                counts[job.state.ordinal()]++;
                expected.speaksOf(job.changedPosition);
            }
        }
        final List<Long> right = new ArrayList<>();
        for (long count : counts) {
            right.add(count);
        }
        return expected.answered(reply -> {
            Claim.equal(JobCountsReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final JobCountsReplyDecoder d =
                    new JobCountsReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(
                    right,
                    List.of(d.scheduled(), d.running(), d.succeeded(), d.failed(), d.cancelled()),
                    "counts by status of",
                    reply);
        });
    }

    /** The shard was opened: rows may be others. */
    void opened() {
        lastWalk = null;
    }
}
