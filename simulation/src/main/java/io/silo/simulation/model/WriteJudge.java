package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.ReturnReason;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.UploadReplyDecoder;
import io.silo.shard.state.JobState;
import java.util.EnumSet;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Judges commands that change jobs: Enqueue, UploadChunk, ReportOutcome, ReturnLeases. */
final class WriteJudge {
    private final ModelContext context;

    WriteJudge(ModelContext context) {
        this.context = context;
    }

    // ---- Enqueue

    Expected enqueue(Expected expected, ModelCommand.Enqueue command, EventCursor events) {
        if (command.items().size() > Bounds.BATCH_ITEMS_MAX) {
            return expected.refused(RejectReason.BATCH_TOO_LARGE);
        }
        final BatchAnswer answer = new BatchAnswer();
        final Map<Integer, String> held = new TreeMap<>();
        for (ModelCommand.NewJob item : command.items()) {
            enqueueItem(expected, item, events, answer, held);
        }
        return expected.answered(reply -> {
            Claim.equal(EnqueueReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final EnqueueReplyDecoder d =
                    new EnqueueReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            int index = 0;
            for (EnqueueReplyDecoder.ResultsDecoder result : d.results()) {
                answer.check(index++, result.jobKey(), result.code(), expected.command);
            }
            Claim.equal(answer.size(), index, "results of", reply);
            final Map<Integer, String> told = new TreeMap<>();
            for (EnqueueReplyDecoder.HeldDecoder holder : d.held()) {
                told.put(holder.item(), Text.of(holder.jobIdLength(), holder::getJobId));
            }
            Claim.equal(held, told, "holders of unique keys told by", reply);
        });
    }

    /** @param held who has the unique keys of items that are refused, by item. */
    private void enqueueItem(
            Expected expected,
            ModelCommand.NewJob item,
            EventCursor events,
            BatchAnswer answer,
            Map<Integer, String> held) {
        final Session session = expected.session;
        final JobDefinition wanted = item.wanted();
        final RejectReason reason = ArgumentRules.first(context.rules.ofItem(session, item));
        if (reason != null) {
            answer.add(reason, 0, 0);
            return;
        }
        final String tenant = wanted.tenant().isEmpty() ? Bounds.TENANT_NONE : wanted.tenant();
        final ModelJob existing = context.state.find(tenant, wanted.jobId());
        if (existing != null) {
            final boolean isRepeat =
                    !wanted.requestId().isNone() && wanted.requestId().equals(existing.definition.requestId());
            expected.speaksOf(existing.definitionPosition);
            answer.add(isRepeat ? null : RejectReason.JOB_EXISTS, existing.key(), 0);
            return;
        }
        final RememberedRequests.Gone gone = wanted.requestId().isNone()
                ? null
                : context.state.requests().find(wanted.requestId(), tenant, wanted.jobId(), context.nowMs);
        if (gone != null) {
            expected.speaksOf(gone.position());
            answer.add(null, gone.jobKey(), 0);
            return;
        }
        final ModelJob holder = context.state.holderOf(tenant, wanted.uniqueKey(), null);
        if (holder != null) {
            expected.speaksOf(holder.definitionPosition);
            answer.add(RejectReason.UNIQUE_KEY_HELD, 0, holder.key());
            held.put(answer.size() - 1, holder.definition.jobId());
            return;
        }
        if (wanted.startDeadlineMs() != 0 && wanted.startDeadlineMs() < context.nowMs) {
            answer.add(RejectReason.INVALID_START_DEADLINE, 0, 0);
            return;
        }
        final ModelUploads.@Nullable Upload upload =
                item.uploadId() == 0 ? null : context.uploads.find(session, item.uploadId());
        if (item.uploadId() != 0 && (upload == null || !upload.isComplete())) {
            answer.add(RejectReason.UPLOAD_NOT_FOUND, 0, 0);
            return;
        }
        final JobDefinition right = definition(wanted, tenant, upload);
        if (context.refusesNew(right)) {
            final EnumSet<RejectReason> reasons = notAppended(item.uploadId());
            reasons.add(RejectReason.TENANT_QUOTA);
            answer.addEnvironment(0, reasons);
            return;
        }
        final ModelEvent.Enqueued event = events.take(ModelEvent.Enqueued.class);
        if (event == null || !event.definition().name().equals(JobDefinition.nameOf(tenant, wanted.jobId()))) {
            if (event != null) {
                events.putBack();
            }
            answer.addEnvironment(0, notAppended(item.uploadId()));
            return;
        }
        Claim.equal(right, event.definition(), "JobEnqueued");
        context.came(right);
        context.state.apply(event);
        if (upload != null) {
            context.uploads.remove(item.uploadId());
        }
        answer.add(null, event.definition().jobKey(), 0);
    }

    /** What the event of a new job says of it. */
    JobDefinition definition(JobDefinition wanted, String tenant, ModelUploads.@Nullable Upload upload) {
        return new JobDefinition(
                context.state.nextJobKey(),
                wanted.requestId(),
                wanted.enqueuedAtMs() == 0 ? context.nowMs : wanted.enqueuedAtMs(),
                wanted.startAtMs() == 0 ? context.nowMs : wanted.startAtMs(),
                upload == null ? -1 : upload.lastPosition,
                upload == null ? -1 : upload.firstPosition,
                wanted.retry(),
                wanted.leaseMs(),
                wanted.maxRunMs(),
                wanted.startDeadlineMs(),
                upload == null ? wanted.payloadBytes() : upload.totalBytes,
                upload == null ? wanted.payloadCrc() : upload.checksum(),
                wanted.priority(),
                wanted.payloadEncoding(),
                wanted.limits(),
                wanted.metadata(),
                tenant,
                wanted.taskGroup(),
                wanted.jobId(),
                wanted.uniqueKey(),
                wanted.inlinePayload());
    }

    /** Why an item may be refused that looks good: the environment, which leaves its upload as it is, or its upload was given up. */
    EnumSet<RejectReason> notAppended(long uploadId) {
        final EnumSet<RejectReason> reasons = EnumSet.copyOf(Expected.ENVIRONMENT);
        if (uploadId != 0) {
            reasons.add(RejectReason.UPLOAD_NOT_FOUND);
        }
        return reasons;
    }

    // ---- UploadChunk

    Expected upload(Expected expected, ModelCommand.UploadChunk command, EventCursor events) {
        final RejectReason reason = ArgumentRules.first(context.rules.of(command));
        if (reason != null) {
            return expected.refused(reason);
        }
        final Session session = expected.session;
        final long id = command.uploadId();
        ModelUploads.@Nullable Upload upload = context.uploads.find(session, id);
        final ModelEvent.Chunk event = events.take(ModelEvent.Chunk.class);
        if (event == null && upload == null && context.uploads.isTaken(id)) {
            // Another session's: its id is not to be had.
            return command.chunkOffset() == 0 ? expected : expected.refused(RejectReason.UPLOAD_NOT_FOUND);
        }
        if (upload != null) {
            // It may have been given up meanwhile, silently.
            expected.refused(RejectReason.UPLOAD_NOT_FOUND);
        }
        final boolean begins = command.chunkOffset() == 0;
        final boolean goesOn = upload != null
                && command.chunkOffset() == upload.receivedBytes
                && command.totalBytes() == upload.totalBytes;
        if (event == null) {
            if (upload == null && !begins) {
                expected.refused(RejectReason.UPLOAD_NOT_FOUND);
            } else if (upload != null && !goesOn) {
                expected.refused(RejectReason.INVALID_UPLOAD);
            }
            return expected;
        }
        Claim.check(begins || goesOn, "a part was appended that does not go on: %s", expected.command);
        if (upload == null || !goesOn) {
            upload = context.uploads.begin(session, id, command.totalBytes());
        }
        Claim.equal(
                new ModelEvent.Chunk(
                        event.place(),
                        id,
                        upload.lastPosition,
                        command.totalBytes(),
                        command.chunkOffset(),
                        command.chunk()),
                event,
                "PayloadChunk");
        context.state.apply(event);
        upload.received(command.chunk(), event.place().position());
        final long received = upload.receivedBytes;
        expected.refusals.clear();
        return expected.answered(reply -> {
            Claim.equal(UploadReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final UploadReplyDecoder d =
                    new UploadReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(id, d.uploadId(), "upload of", reply);
            Claim.equal(received, d.receivedBytes(), "bytes received by", reply);
        });
    }

    // ---- ReportOutcome and ReturnLeases

    Expected reportOutcome(Expected expected, ModelCommand.ReportOutcome command, EventCursor events) {
        if (command.items().size() > Bounds.BATCH_ITEMS_MAX) {
            return expected.refused(RejectReason.BATCH_TOO_LARGE);
        }
        final BatchAnswer answer = new BatchAnswer();
        for (ModelCommand.Report item : command.items()) {
            final long key = item.lease().jobKey();
            final RejectReason reason = outcomeRefusal(expected, item);
            if (reason != null) {
                answer.add(reason, 0, key);
                continue;
            }
            final ModelJob job = context.state.find(key);
            final ModelEvent.Ended event = events.take(ModelEvent.Ended.class);
            if (job == null || event == null || event.jobKey() != key) {
                if (event != null) {
                    events.putBack();
                }
                answer.addEnvironment(key, notAppended(item.uploadId()));
                continue;
            }
            checkEnded(expected.session, item, job, event);
            context.state.apply(event);
            answer.add(null, key, key);
        }
        final Asker subscription = context.subscriptions.find(expected.session, command.subscriptionId());
        final long credits = command.credits();
        if (subscription == null || command.subscriptionId() == 0) {
            return expected.answered(reply -> checkOutcomes(reply, answer, expected.command));
        }
        // Refused as a whole the command is sent again, credits and all.
        subscription.uncertainCredits += credits;
        return expected.answered(reply -> {
            subscription.uncertainCredits -= credits;
            subscription.credits = Math.min(Bounds.CREDITS_MAX, subscription.credits + credits);
            checkOutcomes(reply, answer, expected.command);
        });
    }

    private @Nullable RejectReason outcomeRefusal(Expected expected, ModelCommand.Report item) {
        final RejectReason argument = ArgumentRules.first(context.rules.ofItem(item));
        if (argument != null) {
            return argument;
        }
        final ModelJob job = leased(expected, item.lease());
        if (job == null) {
            return RejectReason.LEASE_NOT_FOUND;
        }
        if (job.state != JobState.RUNNING) {
            return job.reported ? RejectReason.ALREADY_REPORTED : RejectReason.LEASE_NOT_FOUND;
        }
        if (item.uploadId() != 0) {
            final ModelUploads.Upload upload = context.uploads.find(expected.session, item.uploadId());
            return upload != null && upload.isComplete() ? null : RejectReason.UPLOAD_NOT_FOUND;
        }
        return null;
    }

    /** The job whose last lease has the token, live or not; null if there is none that the session may see. */
    @Nullable
    ModelJob leased(Expected expected, ModelCommand.NamedLease named) {
        final ModelJob job = context.state.find(named.jobKey());
        if (job == null || named.token() == 0 || !ModelContext.isVisible(expected.session, job)) {
            return null;
        }
        final boolean isLast = job.token == named.token() && job.tokenEpoch == named.tokenEpoch();
        if (!isLast || job.state != JobState.RUNNING) {
            // The answer tells of what came after the lease.
            expected.speaksOf(job.changedPosition);
        }
        return isLast ? job : null;
    }

    private void checkEnded(Session session, ModelCommand.Report item, ModelJob job, ModelEvent.Ended event) {
        final ModelUploads.@Nullable Upload upload =
                item.uploadId() == 0 ? null : context.uploads.find(session, item.uploadId());
        final boolean failed = item.outcome() == Outcome.FAILED.value();
        final boolean cancelled = item.outcome() == Outcome.CANCELLED.value();
        // A failure that comes after a cancel request ends the job all the same.
        final boolean isCalledOff = failed && job.isCancelRequested();
        if (failed && !isCalledOff) {
            job.definition.retry().check(job.relativeAttempt, event.place().timeMs(), event.nextStartMs());
        }
        final JobState ended = isCalledOff
                ? JobState.CANCELLED
                : JobState.valueOf(Outcome.get((short) item.outcome()).name());
        final boolean kept = !cancelled;
        Claim.equal(
                new ModelEvent.Ended(
                        event.place(),
                        job.key(),
                        job.lastPosition,
                        Outcome.get((short) item.outcome()),
                        job.attempt,
                        job.runningLease().startedAtMs,
                        failed && !isCalledOff ? event.nextStartMs() : -1,
                        kept && upload != null ? upload.lastPosition : -1,
                        kept && upload != null ? upload.firstPosition : -1,
                        kept
                                ? upload != null
                                        ? upload.totalBytes
                                        : item.result().length()
                                : 0,
                        kept ? upload != null ? upload.checksum() : Checksum.of(item.result()) : 0,
                        kept ? item.encoding() : 0,
                        LeaseEnd.REPORTED,
                        event.nextStartMs() == -1 ? ended : JobState.SCHEDULED,
                        failed ? item.errorCode() : "",
                        kept ? item.result() : ""),
                event,
                "end of an attempt");
        if (upload != null) {
            context.uploads.remove(item.uploadId());
        }
    }

    Expected returnLeases(Expected expected, ModelCommand.ReturnLeases command, EventCursor events) {
        final RejectReason reason = ArgumentRules.first(context.rules.ofLeases(command.named(), command.worker()));
        if (reason != null) {
            return expected.refused(reason);
        }
        final BatchAnswer answer = new BatchAnswer();
        for (ModelCommand.GivenBack item : command.leases()) {
            final long key = item.lease().jobKey();
            if (item.snoozeMs() < 0 || item.snoozeMs() > Bounds.RETRY_INTERVAL_MS_MAX) {
                answer.add(RejectReason.INVALID_SNOOZE, 0, key);
                continue;
            }
            final ModelJob job = leased(expected, item.lease());
            if (job == null || job.state != JobState.RUNNING) {
                answer.add(RejectReason.LEASE_NOT_FOUND, 0, key);
            } else if (!job.runningLease().worker.equals(command.worker())) {
                answer.add(RejectReason.LEASE_OWNER_MISMATCH, 0, key);
            } else {
                giveBack(job, item.snoozeMs(), events, answer);
            }
        }
        return expected.answered(reply -> checkOutcomes(reply, answer, expected.command));
    }

    private void giveBack(ModelJob job, long snoozeMs, EventCursor events, BatchAnswer answer) {
        final ModelEvent event =
                job.isCancelRequested() ? events.take(ModelEvent.Ended.class) : events.take(ModelEvent.Returned.class);
        if (event == null) {
            answer.addEnvironment(job.key(), Expected.ENVIRONMENT);
            return;
        }
        if (job.isCancelRequested()) {
            Claim.equal(calledOff(job, event.place(), LeaseEnd.RETURNED), event, "end of an attempt to be cancelled");
        } else {
            Claim.equal(
                    new ModelEvent.Returned(
                            event.place(),
                            job.key(),
                            job.lastPosition,
                            snoozeMs == 0 ? -1 : context.nowMs + snoozeMs,
                            job.attempt,
                            snoozeMs == 0 ? ReturnReason.BY_WORKER : ReturnReason.SNOOZED),
                    event,
                    "return of a lease");
        }
        context.state.apply(event);
        answer.add(null, job.key(), job.key());
    }

    /** End of the attempt of a job that was to be cancelled, by another end of its lease than a report. */
    static ModelEvent.Ended calledOff(ModelJob job, ModelEvent.Place place, LeaseEnd end) {
        return new ModelEvent.Ended(
                place,
                job.key(),
                job.lastPosition,
                Outcome.CANCELLED,
                job.attempt,
                job.runningLease().startedAtMs,
                -1,
                -1,
                -1,
                0,
                0,
                0,
                end,
                JobState.CANCELLED,
                "",
                "");
    }

    private static void checkOutcomes(ModelReply reply, BatchAnswer answer, String command) {
        Claim.equal(OutcomeReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
        final OutcomeReplyDecoder d =
                new OutcomeReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        int index = 0;
        for (OutcomeReplyDecoder.ResultsDecoder result : d.results()) {
            answer.check(index++, result.jobKey(), result.code(), command);
        }
        Claim.equal(answer.size(), index, "results of", reply);
    }
}
