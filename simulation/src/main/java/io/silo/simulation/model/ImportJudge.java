package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.reply.ImportReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges ImportJobs: jobs that come with their history, and jobs that get more of it. */
final class ImportJudge {
    /** What stands beside the code: number of the attempt that was refused, and the job's status. */
    private record Beside(long attempt, JobState status) {}

    /** A refusal, with the number of the attempt that it is of; 0 = of none. */
    private record Refusal(RejectReason reason, int attempt) {}

    /** What is found out once the uploads of an item are known to be there. */
    private static final Set<RejectReason> AFTER_UPLOADS = EnumSet.of(
            RejectReason.ATTEMPT_MISMATCH,
            RejectReason.NO_NEW_ATTEMPT,
            RejectReason.UNIQUE_KEY_HELD,
            RejectReason.TENANT_QUOTA);

    private final ModelContext context;
    private final WriteJudge writes;

    ImportJudge(ModelContext context, WriteJudge writes) {
        this.context = context;
        this.writes = writes;
    }

    Expected importJobs(Expected expected, ModelCommand.ImportJobs command, EventCursor events) {
        if (command.items().size() > Bounds.IMPORT_ITEMS_MAX) {
            return expected.refused(RejectReason.BATCH_TOO_LARGE);
        }
        final BatchAnswer answer = new BatchAnswer();
        final List<Beside> besides = new ArrayList<>();
        for (ModelCommand.ImportedJob item : command.items()) {
            besides.add(importJob(expected, item, events, answer));
        }
        return expected.answered(reply -> {
            Claim.equal(ImportReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final ImportReplyDecoder d =
                    new ImportReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            int index = 0;
            for (ImportReplyDecoder.ResultsDecoder result : d.results()) {
                answer.check(index, result.jobKey(), result.code(), expected.command);
                final Beside right = besides.get(index++);
                final long attempt = result.code() == RejectReason.UPLOAD_NOT_FOUND.code() ? 0 : right.attempt();
                Claim.equal(attempt, (long) result.attempt(), "attempt told by", expected.command);
                Claim.equal(right.status().name(), result.status().name(), "status told by", expected.command);
            }
            Claim.equal(answer.size(), index, "results of", reply);
        });
    }

    private Beside importJob(Expected expected, ModelCommand.ImportedJob item, EventCursor events, BatchAnswer answer) {
        final JobDefinition wanted = item.job().wanted();
        Refusal refusal = argument(expected.session, item);
        if (refusal != null) {
            answer.add(refusal.reason(), 0, 0);
            return new Beside(refusal.attempt(), JobState.SCHEDULED);
        }
        final String tenant = wanted.tenant().isEmpty() ? Bounds.TENANT_NONE : wanted.tenant();
        final ModelJob job = context.state.find(tenant, wanted.jobId());
        final int known = job == null || job.ended.isEmpty()
                ? 0
                : (int) job.ended.get(job.ended.size() - 1).attempt();
        refusal = job == null ? null : state(expected, item, job, known, events);
        if (refusal == null && settled(item) == JobState.SCHEDULED) {
            final String uniqueKey = job == null ? wanted.uniqueKey() : job.definition.uniqueKey();
            refusal = context.state.holderOf(tenant, uniqueKey, job) == null
                    ? null
                    : new Refusal(RejectReason.UNIQUE_KEY_HELD, 0);
        }
        if (refusal == null && isUploadMissing(expected.session, item, job == null, known)) {
            refusal = new Refusal(RejectReason.UPLOAD_NOT_FOUND, 0);
        }
        if (refusal == null && meetsQuota(expected.session, item, tenant, job)) {
            refusal = new Refusal(RejectReason.TENANT_QUOTA, 0);
        }
        if (refusal != null) {
            expected.speaksOf(job == null ? -1 : job.changedPosition);
            refuse(answer, item, job == null, refusal.reason());
            return new Beside(refusal.attempt(), job == null ? JobState.SCHEDULED : job.state);
        }
        final ModelEvent.Imported event = events.take(ModelEvent.Imported.class);
        if (event == null) {
            answer.addEnvironment(0, notAppended(item, job == null));
            return new Beside(0, job == null ? JobState.SCHEDULED : job.state);
        }
        final ModelEvent.Imported right = right(expected.session, item, tenant, job, known, event.place());
        Claim.equal(right, event, "JobImported");
        if (job == null && event.status() == JobState.SCHEDULED) {
            context.came(event.definition());
        }
        context.state.apply(event);
        uploads(item, job == null).forEach(context.uploads::remove);
        answer.add(null, event.jobKey(), 0);
        return new Beside(0, event.status());
    }

    private static void refuse(BatchAnswer answer, ModelCommand.ImportedJob item, boolean isNew, RejectReason reason) {
        final Set<Long> named = uploads(item, isNew);
        named.remove(0L);
        if (AFTER_UPLOADS.contains(reason) && !named.isEmpty()) {
            // The shard may have given one up.
            answer.addEnvironment(0, EnumSet.of(reason, RejectReason.UPLOAD_NOT_FOUND));
        } else {
            answer.add(reason, 0, 0);
        }
    }

    /** Whether the job would wait, has not waited before, and its tenant may have no more. */
    private boolean meetsQuota(Session session, ModelCommand.ImportedJob item, String tenant, @Nullable ModelJob job) {
        if (settled(item) != JobState.SCHEDULED) {
            return false;
        }
        if (job != null) {
            return job.state.isTerminal() && context.refuses(job.definition);
        }
        final long uploadId = item.job().uploadId();
        return context.refusesNew(writes.definition(
                item.job().wanted(), tenant, uploadId == 0 ? null : context.uploads.find(session, uploadId)));
    }

    /** What is wrong with the item whatever there is: the job comes before its attempts. */
    private @Nullable Refusal argument(Session session, ModelCommand.ImportedJob item) {
        final RejectReason ofJob = ArgumentRules.first(context.rules.ofItem(session, item.job()));
        // The unique key is looked at last.
        final boolean isKeyBad = ofJob == RejectReason.INVALID_UNIQUE_KEY;
        if (ofJob != null && !isKeyBad) {
            return new Refusal(ofJob, 0);
        }
        final int count = item.attempts().size();
        if (count > Bounds.ATTEMPTS_MAX) {
            return new Refusal(RejectReason.TOO_MANY_ATTEMPTS, 0);
        }
        for (int number = 1; number <= count; number++) {
            final RejectReason ofAttempt =
                    ArgumentRules.first(context.rules.ofAttempt(item.attempts().get(number - 1), number == count));
            if (ofAttempt != null) {
                return new Refusal(ofAttempt, number);
            }
        }
        return isKeyBad ? new Refusal(RejectReason.INVALID_UNIQUE_KEY, 0) : null;
    }

    /** Why a job that exists may not be imported again (IMPORT-10). */
    private @Nullable Refusal state(
            Expected expected, ModelCommand.ImportedJob item, ModelJob job, int known, EventCursor events) {
        if (job.state == JobState.RUNNING) {
            return new Refusal(RejectReason.JOB_RUNNING, 0);
        }
        if (job.state == JobState.SUCCEEDED) {
            return new Refusal(RejectReason.JOB_SUCCEEDED, 0);
        }
        if (!events.isEmpty() && job.lastPosition == events.position()) {
            return new Refusal(RejectReason.TWICE_IN_BATCH, 0);
        }
        final int count = item.attempts().size();
        if (count < known) {
            return new Refusal(RejectReason.ATTEMPTS_MISSING, 0);
        }
        // What an attempt is compared by has to be there.
        if (isUploadMissing(expected.session, item, false, 0)) {
            return new Refusal(RejectReason.UPLOAD_NOT_FOUND, 0);
        }
        for (ModelAttempt own : job.ended) {
            if (!isSame(expected.session, own, item.attempts().get((int) own.attempt() - 1))) {
                return new Refusal(RejectReason.ATTEMPT_MISMATCH, (int) own.attempt());
            }
        }
        return count == known ? new Refusal(RejectReason.NO_NEW_ATTEMPT, 0) : null;
    }

    private boolean isSame(Session session, ModelAttempt own, ModelCommand.ImportedAttempt told) {
        final ModelUploads.@Nullable Upload upload =
                told.uploadId() == 0 ? null : context.uploads.find(session, told.uploadId());
        final long bytes = upload == null ? told.result().length() : upload.totalBytes;
        final long crc = upload == null ? Checksum.of(told.result()) : upload.checksum();
        return own.outcome() == told.outcome()
                && own.startedAtMs() == told.startedAtMs()
                && own.finishedAtMs() == told.finishedAtMs()
                && own.resultBytes() == bytes
                && (bytes == 0 || own.resultCrc() == crc)
                && own.errorCode().equals(told.errorCode());
    }

    private boolean isUploadMissing(Session session, ModelCommand.ImportedJob item, boolean isNew, int known) {
        final Set<Long> needed = new HashSet<>();
        needed.add(isNew ? item.job().uploadId() : 0L);
        for (int i = known; i < item.attempts().size(); i++) {
            needed.add(item.attempts().get(i).uploadId());
        }
        needed.remove(0L);
        for (long id : needed) {
            final ModelUploads.@Nullable Upload upload = context.uploads.find(session, id);
            if (upload == null || !upload.isComplete()) {
                return true;
            }
        }
        return false;
    }

    /** Uploads that an item uses up. */
    private static Set<Long> uploads(ModelCommand.ImportedJob item, boolean isNew) {
        final Set<Long> used = new HashSet<>();
        used.add(isNew ? item.job().uploadId() : 0L);
        item.attempts().forEach(attempt -> used.add(attempt.uploadId()));
        return used;
    }

    private EnumSet<RejectReason> notAppended(ModelCommand.ImportedJob item, boolean isNew) {
        final EnumSet<RejectReason> reasons = EnumSet.copyOf(Expected.ENVIRONMENT);
        uploads(item, isNew).forEach(id -> reasons.addAll(writes.notAppended(id)));
        return reasons;
    }

    private ModelEvent.Imported right(
            Session session,
            ModelCommand.ImportedJob item,
            String tenant,
            @Nullable ModelJob job,
            int known,
            ModelEvent.Place place) {
        final JobDefinition wanted = item.job().wanted();
        final ModelUploads.@Nullable Upload payload = job != null || item.job().uploadId() == 0
                ? null
                : context.uploads.find(session, item.job().uploadId());
        final JobDefinition definition =
                job == null ? writes.definition(wanted, tenant, payload) : job.definition.with(wanted.retry());
        long firstChunk = payload == null ? Long.MAX_VALUE : payload.firstPosition;
        final List<ModelAttempt> attempts = new ArrayList<>();
        final List<Long> chunks = new ArrayList<>();
        final List<String> results = new ArrayList<>();
        for (int number = known + 1; number <= item.attempts().size(); number++) {
            final ModelCommand.ImportedAttempt told = item.attempts().get(number - 1);
            final ModelUploads.@Nullable Upload upload =
                    told.uploadId() == 0 ? null : context.uploads.find(session, told.uploadId());
            firstChunk = upload == null ? firstChunk : Math.min(firstChunk, upload.firstPosition);
            chunks.add(upload == null ? -1 : upload.lastPosition);
            results.add(told.result());
            attempts.add(new ModelAttempt(
                    number,
                    told.startedAtMs(),
                    told.finishedAtMs(),
                    told.outcome(),
                    told.encoding(),
                    upload == null ? told.result().length() : upload.totalBytes,
                    upload == null ? Checksum.of(told.result()) : upload.checksum(),
                    0,
                    0,
                    "",
                    told.errorCode()));
        }
        final JobState status = settled(item);
        final boolean goesOn = status == JobState.SCHEDULED;
        final int number = item.attempts().size() + (goesOn ? 1 : 0);
        return new ModelEvent.Imported(
                place,
                definition.jobKey(),
                job == null ? -1 : job.lastPosition,
                !goesOn ? -1 : wanted.startAtMs() == 0 ? context.nowMs : wanted.startAtMs(),
                firstChunk == Long.MAX_VALUE ? -1 : firstChunk,
                number,
                number,
                status,
                attempts,
                chunks,
                results,
                definition);
    }

    /** IMPORT-7. */
    private static JobState settled(ModelCommand.ImportedJob item) {
        final List<ModelCommand.ImportedAttempt> attempts = item.attempts();
        if (attempts.isEmpty()) {
            return JobState.SCHEDULED;
        }
        final Outcome last =
                Outcome.get((short) attempts.get(attempts.size() - 1).outcome());
        if (last != Outcome.FAILED) {
            return JobState.valueOf(last.name());
        }
        return attempts.size() > item.job().wanted().retry().count() ? JobState.FAILED : JobState.SCHEDULED;
    }
}
