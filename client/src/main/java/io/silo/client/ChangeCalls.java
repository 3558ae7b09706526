package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.DeleteJobsEncoder;
import io.silo.protocol.command.ExpediteJobsEncoder;
import io.silo.protocol.command.ImportJobsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.reply.ImportReplyDecoder;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls that change jobs which exist, or bring them in. */
final class ChangeCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private ChangeCalls() {}

    /** What is done to a job. */
    enum Change {
        CANCEL(CancelJobsEncoder.TEMPLATE_ID, RejectReason.JOB_ALREADY_CANCELLED),
        // Whether a job in progress is so because of the first sending is not known.
        RESTART(RestartJobsEncoder.TEMPLATE_ID, null),
        EXPEDITE(ExpediteJobsEncoder.TEMPLATE_ID, RejectReason.JOB_ALREADY_READY),
        DELETE(DeleteJobsEncoder.TEMPLATE_ID, null);

        final int templateId;
        private final @Nullable RejectReason doneBefore;

        Change(int templateId, @Nullable RejectReason doneBefore) {
            this.templateId = templateId;
            this.doneBefore = doneBefore;
        }
    }

    /** Fails a call whose answer does not speak of all its items. */
    static boolean isComplete(Call<?> call, int answered, int asked) {
        if (answered != asked) {
            call.fail(new SiloException(
                    RejectReason.UNKNOWN_OUTCOME,
                    "Expected " + asked + " results, but the server sent " + answered + "."));
        }
        return answered == asked;
    }

    /** Changes jobs of one shard that fit one message. */
    static final class ChangeJobs extends JobCalls.TenantCall<List<JobChange>> {
        private final Change change;
        private final List<JobRef> jobs;
        private final Durability durability;
        private boolean mayHaveTakenEffect;

        ChangeJobs(Change change, List<JobRef> jobs, Durability durability, long deadlineNs) {
            super(ShardMap.hash(jobs.get(0).tenant()), deadlineNs);
            this.change = change;
            this.jobs = jobs;
            this.durability = durability;
        }

        @Override
        long heldBytes() {
            return jobs.stream().mapToLong(JobChanges::length).sum();
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final CancelJobsEncoder command = codecs.changeJobs.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            codecs.messageHeader.templateId(change.templateId);
            CommandCodecs.fill(command.header(), target, durability);
            final CancelJobsEncoder.ItemsEncoder items = command.itemsCount(jobs.size());
            for (final JobRef job : jobs) {
                items.next().tenant(job.tenant()).jobId(job.id());
            }
            return HEADER + command.encodedLength();
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            mayHaveTakenEffect = true;
            super.onUnknownOutcome(correlationId);
        }

        @Override
        public void onJobsChangedReply(JobsChangedReplyDecoder reply) {
            final List<JobChange> results = new ArrayList<>(jobs.size());
            final JobsChangedReplyDecoder.ResultsDecoder answers = reply.results();
            if (!isComplete(this, answers.count(), jobs.size())) {
                return;
            }
            for (final JobsChangedReplyDecoder.ResultsDecoder answer : answers) {
                RejectReason refused = JobCalls.reason(answer.code());
                if (mayHaveTakenEffect && refused != null && refused == change.doneBefore) {
                    refused = null; // by the first sending, whose answer was lost, or before: it is as it was to be
                }
                final boolean isThere = answer.jobKey() != 0 && !(change == Change.DELETE && refused == null);
                results.add(new JobChange(
                        jobs.get(results.size()), refused, isThere ? JobDraft.jobStatus(answer.statusRaw()) : null));
            }
            succeed(results);
        }
    }

    /** Imports jobs of one shard that fit one message. */
    static final class ImportJobs extends JobCalls.TenantCall<List<ImportResult>> {
        private final List<ImportItem> items;
        private final Durability durability;
        private boolean mayHaveTakenEffect;

        ImportJobs(List<ImportItem> items, Durability durability, long deadlineNs) {
            super(items.get(0).hash, deadlineNs);
            this.items = items;
            this.durability = durability;
        }

        @Override
        long heldBytes() {
            return items.stream().mapToLong(ImportItem::inlineLength).sum();
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ImportJobsEncoder command = codecs.importJobs.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            final ImportJobsEncoder.ItemsEncoder group = command.itemsCount(items.size());
            for (final ImportItem item : items) {
                encodeItem(group.next(), item);
            }
            return HEADER + command.encodedLength();
        }

        private static void encodeItem(ImportJobsEncoder.ItemsEncoder out, ImportItem item) {
            final JobRequest request = item.job.job();
            final RetryPolicy retry = request.retry;
            out.enqueuedAtMs(item.enqueuedAtMs())
                    .startAtMs(request.startAtMs)
                    .uploadId(item.uploadIds[0])
                    .retryInitialIntervalMs(retry.initialInterval().toMillis())
                    .retryMaxIntervalMs(retry.maxInterval().toMillis())
                    .startDeadlineMs(request.startDeadlineMs)
                    .retryCount(retry.retries())
                    .retryBackoffPermille(retry.backoffPermille())
                    .leaseMs(request.leaseMs)
                    .maxRunMs(request.maxRunMs)
                    .priority((short) request.priority)
                    .retryJitter((short) (retry.jitter() ? 1 : 0))
                    .payloadEncoding(CommandCodecs.wire(request.payload.encoding()));
            final List<ImportedAttempt> attempts = item.job.attempts();
            final ImportJobsEncoder.ItemsEncoder.AttemptsEncoder group = out.attemptsCount(attempts.size());
            for (int i = 0; i < attempts.size(); i++) {
                final ImportedAttempt attempt = attempts.get(i);
                final byte[] result = item.inlineBytes(1 + i);
                group.next()
                        .startedAtMs(attempt.startedAt().toEpochMilli())
                        .finishedAtMs(attempt.finishedAt().toEpochMilli())
                        .uploadId(item.uploadIds[1 + i])
                        .outcome(outcome(attempt.status()))
                        .resultEncoding(CommandCodecs.wire(attempt.result().encoding()))
                        .errorCode(attempt.errorCode() == null ? "" : attempt.errorCode())
                        .putResult(result, 0, result.length);
            }
            final ImportJobsEncoder.ItemsEncoder.LimitsEncoder limits = out.limitsCount(request.limits.size());
            for (final Limit limit : request.limits) {
                final byte[] details = LimitCodec.details(limit);
                limits.next()
                        .maxConcurrency(LimitCodec.maxConcurrency(limit))
                        .key(limit.key())
                        .putDetails(details, 0, details.length);
            }
            final ImportJobsEncoder.ItemsEncoder.MetadataEncoder metadata = out.metadataCount(request.metadata.size());
            for (final Map.Entry<String, String> entry : request.metadata.entrySet()) {
                metadata.next().key(entry.getKey()).value(entry.getValue());
            }
            out.tenant(item.tenant)
                    .taskGroup(request.taskGroup)
                    .jobId(request.id)
                    .uniqueKey(request.uniqueKey);
            final byte[] payload = item.inlineBytes(0);
            out.putPayload(payload, 0, payload.length);
        }

        private static Outcome outcome(AttemptStatus status) {
            return switch (status) {
                case SUCCEEDED -> Outcome.SUCCEEDED;
                case FAILED -> Outcome.FAILED;
                case CANCELLED -> Outcome.CANCELLED;
                case RUNNING -> throw new IllegalStateException("refused before it was sent");
            };
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            mayHaveTakenEffect = true;
            super.onUnknownOutcome(correlationId);
        }

        @Override
        public void onImportReply(ImportReplyDecoder reply) {
            final List<ImportResult> results = new ArrayList<>(items.size());
            final ImportReplyDecoder.ResultsDecoder answers = reply.results();
            if (!isComplete(this, answers.count(), items.size())) {
                return;
            }
            for (final ImportReplyDecoder.ResultsDecoder answer : answers) {
                RejectReason refused = JobCalls.reason(answer.code());
                if (mayHaveTakenEffect && refused == RejectReason.NO_NEW_ATTEMPT) {
                    refused = null; // all its attempts are there, whoever brought them
                }
                final ImportItem item = items.get(results.size());
                results.add(
                        refused == null
                                ? new ImportResult(item.ref(), null, 0, JobDraft.jobStatus(answer.statusRaw()))
                                : new ImportResult(item.ref(), refused, answer.attempt(), null));
            }
            succeed(results);
        }
    }
}
