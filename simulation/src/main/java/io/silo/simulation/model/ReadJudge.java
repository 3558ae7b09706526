package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.BytesReplyDecoder;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobResultReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges reads: GetJob, GetJobResult, ReadBytes. They are answered from the log, later; the answer shows the job as it was when it
 * was asked for, or as it was at a moment since: a read whose cycle is trimmed under it is looked up anew.
 */
final class ReadJudge {
    /** A GetJobResult that waits for a job's end. */
    private record Wait(ModelJob job, int endsBefore, long deadlineMs, Expected expected) {
        boolean isOver() {
            return job.ends.size() > endsBefore;
        }
    }

    /** A GetJob that is owed an answer, and what the job has been since it was asked for. */
    private static final class Asked {
        final ModelJob job;
        final Expected expected;
        final boolean withAttempts;
        final Set<String> seen = new LinkedHashSet<>();
        private long seenPosition = -1;

        Asked(ModelJob job, Expected expected, boolean withAttempts) {
            this.job = job;
            this.expected = expected;
            this.withAttempts = withAttempts;
        }

        void look() {
            if (job.changedPosition != seenPosition) {
                seenPosition = job.changedPosition;
                seen.add(facts(job, withAttempts));
            }
        }
    }

    private final ModelContext context;
    private final List<Wait> waits = new ArrayList<>();
    private final List<Asked> asks = new ArrayList<>();

    ReadJudge(ModelContext context) {
        this.context = context;
    }

    private @Nullable ModelJob find(
            Expected expected, String tenant, String jobId, EnumSet<RejectReason> otherReasons) {
        final EnumSet<RejectReason> reasons = context.rules.ofRead(expected.session, tenant, jobId);
        reasons.addAll(otherReasons);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            expected.refused(reason);
            return null;
        }
        final ModelJob job = context.state.find(tenant.isEmpty() ? Bounds.TENANT_NONE : tenant, jobId);
        if (job == null) {
            expected.refused(RejectReason.JOB_NOT_FOUND);
        } else {
            expected.speaksOf(job.changedPosition);
            expected.about = job;
        }
        return job;
    }

    // ---- GetJob

    Expected getJob(Expected expected, ModelCommand.GetJob command) {
        final ModelJob job = find(expected, command.tenant(), command.jobId(), EnumSet.noneOf(RejectReason.class));
        if (job == null) {
            return expected;
        }
        final Asked asked = new Asked(job, expected, command.includeAttempts());
        asked.look();
        asks.add(asked);
        return expected.late().answered(reply -> {
            Claim.equal(JobReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            asked.seen.add(facts(job, command.includeAttempts()));
            final String told = facts(reply, command.includeAttempts());
            Claim.check(asked.seen.contains(told), "%s says %s; right was one of %s", reply, told, asked.seen);
        });
    }

    /** Before anything changes: what the jobs are that answers are owed of. */
    void look() {
        asks.forEach(Asked::look);
    }

    private static String facts(ModelJob job, boolean withAttempts) {
        final JobDefinition d = job.definition;
        final ModelAttempt last = job.lastAttempt();
        final boolean isPending = job.state == JobState.SCHEDULED || job.cancelledPending;
        final List<String> attempts = new ArrayList<>();
        if (withAttempts) {
            for (ModelAttempt a : job.ended) {
                attempts.add(attempt(
                        a.attempt(),
                        a.startedAtMs(),
                        a.finishedAtMs(),
                        a.outcome(),
                        lease(a.tokenEpoch(), a.token(), a.worker()),
                        a.errorCode()));
            }
            if (job.state == JobState.RUNNING) {
                final ModelLease lease = job.runningLease();
                attempts.add(attempt(
                        job.attempt, lease.startedAtMs, 0, 255, lease(job.tokenEpoch, job.token, lease.worker), ""));
            }
        }
        return facts(
                List.of(
                        d.jobKey(),
                        d.enqueuedAtMs(),
                        d.startAtMs(),
                        last == null ? job.changedAtMs : last.finishedAtMs(),
                        job.pendingStartMs(),
                        d.startDeadlineMs(),
                        job.state == JobState.CANCELLED
                                ? job.changedAtMs
                                : job.lease == null ? 0 : job.lease.cancelRequestedAtMs,
                        d.maxRunMs(),
                        job.relativeAttempt,
                        d.leaseMs(),
                        d.payloadBytes(),
                        d.payloadCrc(),
                        last == null ? 0 : last.resultBytes(),
                        last == null ? 0 : last.resultCrc(),
                        (long) d.priority(),
                        isPending && job.ended.isEmpty() ? 0 : job.attempt),
                d.retry(),
                job.state.name(),
                attempts,
                List.of(d.tenant(), d.taskGroup(), d.jobId(), d.uniqueKey(), last == null ? "" : last.errorCode()),
                List.of(d.metadata(), d.limits()));
    }

    private static String facts(ModelReply reply, boolean withAttempts) {
        final JobReplyDecoder d =
                new JobReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        final List<ModelLimit> limits = new ArrayList<>();
        for (JobReplyDecoder.LimitsDecoder limit : d.limits()) {
            limits.add(new ModelLimit(
                    Text.of(limit.keyLength(), limit::getKey),
                    limit.maxConcurrency(),
                    Text.of(limit.detailsLength(), limit::getDetails)));
        }
        final List<String> metadata = new ArrayList<>();
        for (JobReplyDecoder.MetadataDecoder entry : d.metadata()) {
            metadata.add(Text.of(entry.keyLength(), entry::getKey));
            metadata.add(Text.of(entry.valueLength(), entry::getValue));
        }
        final List<String> attempts = new ArrayList<>();
        for (JobReplyDecoder.AttemptsDecoder a : d.attempts()) {
            final String worker = Text.of(a.workerIdLength(), a::getWorkerId);
            final String error = Text.of(a.errorCodeLength(), a::getErrorCode);
            a.skipResult();
            final String lease = lease(a.tokenEpoch(), a.token(), worker);
            attempts.add(attempt(a.attempt(), a.startedAtMs(), a.finishedAtMs(), a.outcome(), lease, error));
        }
        final List<String> names = List.of(
                Text.of(d.tenantLength(), d::getTenant),
                Text.of(d.taskGroupLength(), d::getTaskGroup),
                Text.of(d.jobIdLength(), d::getJobId),
                Text.of(d.uniqueKeyLength(), d::getUniqueKey),
                Text.of(d.errorCodeLength(), d::getErrorCode));
        final boolean isNew = d.status().name().equals(JobState.SCHEDULED.name()) && d.attempt() <= 1;
        Claim.check(withAttempts || attempts.isEmpty(), "%s tells of attempts that nobody asked for", reply);
        return facts(
                List.of(
                        d.jobKey(),
                        d.enqueuedAtMs(),
                        d.startAtMs(),
                        d.changedAtMs(),
                        d.nextStartMs(),
                        d.startDeadlineMs(),
                        d.cancelledAtMs(),
                        d.maxRunMs(),
                        d.relativeAttempt(),
                        d.leaseMs(),
                        d.payloadBytes(),
                        d.payloadCrc(),
                        d.resultBytes(),
                        d.resultCrc(),
                        (long) d.priority(),
                        isNew ? 0 : d.attempt()),
                new RetryRule(
                        d.retryCount(),
                        d.retryInitialIntervalMs(),
                        d.retryMaxIntervalMs(),
                        d.retryBackoffPermille(),
                        d.retryJitter()),
                d.status().name(),
                attempts,
                names,
                List.of(metadata, limits));
    }

    private static String facts(
            List<Long> numbers,
            RetryRule retry,
            String state,
            List<String> attempts,
            List<String> names,
            List<?> extras) {
        return numbers + " " + retry + ' ' + state + ' ' + attempts + ' ' + names + ' ' + extras;
    }

    private static String lease(long tokenEpoch, long token, String worker) {
        return tokenEpoch + "/" + token + ':' + worker;
    }

    private static String attempt(
            long attempt, long startedAtMs, long finishedAtMs, int outcome, String lease, String error) {
        return attempt + ":" + startedAtMs + '-' + finishedAtMs + ':' + outcome + ':' + lease + ':' + error;
    }

    // ---- GetJobResult

    Expected getJobResult(Expected expected, ModelCommand.GetJobResult command) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        ArgumentRules.add(reasons, command.waitMs() > Bounds.WAIT_MS_MAX, RejectReason.INVALID_WAIT);
        final ModelJob job = find(expected, command.tenant(), command.jobId(), reasons);
        if (job == null) {
            return expected;
        }
        if (job.state.isTerminal()) {
            final int last = job.ends.size() - 1;
            return expected.late().answered(reply -> checkResult(job, last, reply));
        }
        final int endsBefore = job.ends.size();
        if (command.waitMs() == 0) {
            return expected.refused(RejectReason.JOB_NOT_COMPLETE);
        }
        // It may end at JOB_NOT_COMPLETE only when its time is over: endCycle() looks at that.
        final long deadlineMs = context.monotonicMs + command.waitMs();
        waits.add(new Wait(job, endsBefore, deadlineMs, expected));
        return expected.refused(RejectReason.JOB_NOT_COMPLETE)
                .refused(RejectReason.TOO_MANY_SUBSCRIPTIONS)
                .late()
                .answered(reply -> checkResult(job, endsBefore, reply));
    }

    /** @param firstEnd of the ends that may be told: the one that was, or the first to come, when it was asked. */
    private static void checkResult(ModelJob job, int firstEnd, ModelReply reply) {
        Claim.equal(JobResultReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
        final JobResultReplyDecoder d =
                new JobResultReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        final String told = ModelJob.resultFacts(
                d.jobKey(),
                d.finishedAtMs(),
                d.resultBytes(),
                d.resultCrc(),
                d.attempt(),
                d.status().name(),
                d.resultEncodingRaw(),
                Text.of(d.errorCodeLength(), d::getErrorCode));
        for (ModelJob.End end : job.ends.subList(Math.min(firstEnd, job.ends.size()), job.ends.size())) {
            if (end.facts().equals(told)) {
                Claim.check(
                        reply.position() >= end.position(),
                        "%s of %s speaks of a record before its end at %d",
                        reply,
                        job,
                        end.position());
                return;
            }
        }
        throw new AssertionError(reply + " tells of " + job + ": " + told + "; right was one of " + job.ends);
    }

    /** A reply left that refuses a call which may have waited: too early, if its time is not over. */
    void refused(Expected expected, ModelReply reply) {
        for (Wait wait : waits) {
            if (wait.expected() == expected && reply.code() == RejectReason.JOB_NOT_COMPLETE.code()) {
                Claim.check(
                        context.monotonicMs >= wait.deadlineMs() && !wait.isOver() || context.replies.isDoubled(reply),
                        "%s was told JOB_NOT_COMPLETE at %d, before its time %d, of %s",
                        expected.command,
                        context.monotonicMs,
                        wait.deadlineMs(),
                        wait.job());
            }
        }
    }

    void endCycle() {
        asks.removeIf(asked -> !context.replies.isOwed(asked.expected));
        waits.removeIf(wait -> {
            final boolean isOwed =
                    context.replies.isOwed(wait.expected()) && !context.replies.isClosed(wait.expected().session);
            final boolean isOver = context.monotonicMs >= wait.deadlineMs() && !wait.isOver();
            Claim.check(!isOwed || !isOver, "%s waits for longer than it asked to", wait.expected().command);
            return !isOwed || wait.isOver();
        });
    }

    // ---- ReadBytes

    Expected readBytes(Expected expected, ModelCommand.ReadBytes command) {
        final EnumSet<RejectReason> reasons = EnumSet.noneOf(RejectReason.class);
        ArgumentRules.add(
                reasons,
                command.byteCount() < 1
                        || command.byteCount() > Bounds.CHUNK_BYTES_MAX
                        || command.chunkOffset() > Bounds.PAYLOAD_BYTES_MAX,
                RejectReason.INVALID_RANGE);
        final ModelJob job = find(expected, command.tenant(), command.jobId(), reasons);
        if (job == null) {
            return expected;
        }
        if (job.key() != command.jobKey()) {
            expected.speaksOf = -1;
            return expected.refused(RejectReason.JOB_NOT_FOUND);
        }
        final long total = total(job, command);
        if (command.chunkOffset() >= total) {
            expected.refused(RejectReason.INVALID_RANGE);
        }
        return expected.late().answered(reply -> {
            Claim.equal(BytesReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final BytesReplyDecoder d =
                    new BytesReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(command.chunkOffset(), d.chunkOffset(), "offset of", reply);
            Claim.check(
                    d.totalBytes() == total || d.totalBytes() == total(job, command),
                    "%s is of %d bytes, not of %d",
                    reply,
                    total,
                    d.totalBytes());
            final String part = Text.of(d.chunkLength(), d::getChunk);
            final long length = Math.min(command.byteCount(), d.totalBytes() - command.chunkOffset());
            Claim.equal(length, (long) part.length(), "bytes of", reply);
            final String inline = job.definition.inlinePayload();
            if (!command.ofResult() && !inline.isEmpty()) {
                final int from = (int) command.chunkOffset();
                Claim.check(inline.startsWith(part, from), "%s has other bytes than were enqueued", reply);
            }
        });
    }

    private static long total(ModelJob job, ModelCommand.ReadBytes command) {
        if (!command.ofResult()) {
            return job.definition.payloadBytes();
        }
        return job.ended.isEmpty() ? 0 : job.ended.get(job.ended.size() - 1).resultBytes();
    }

    void clear() {
        asks.clear();
        waits.clear();
    }
}
