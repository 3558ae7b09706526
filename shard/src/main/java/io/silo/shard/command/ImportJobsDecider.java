package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ImportJobsDecoder;
import io.silo.protocol.command.ImportJobsDecoder.ItemsDecoder;
import io.silo.protocol.command.ImportJobsDecoder.ItemsDecoder.AttemptsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.JobImportedEncoder;
import io.silo.protocol.event.JobStatus;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.protocol.reply.ImportReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.history.AttemptRecord;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * ImportJobs: JobImported for each item that is accepted. A new job comes with its attempts; one that exists gets those that it
 * has not, if the others are its own, and the item's retry policy.
 */
final class ImportJobsDecider implements CommandDecider {
    /** Fixed part of a JobImported event with its headers, and of an attempt in it. */
    private static final int EVENT_BYTES = 128;

    private static final int ATTEMPT_BYTES = 64;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ImportJobsDecoder command = new ImportJobsDecoder();
    private final ImportReplyEncoder reply = new ImportReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final MessageHeaderEncoder definitionHeader = new MessageHeaderEncoder();
    private final JobImportedEncoder event = new JobImportedEncoder();
    private final JobEnqueuedEncoder definition = new JobEnqueuedEncoder();
    private final JobSpec spec = new JobSpec();
    private final JobImports imports;

    // Of the item at hand.
    private int attemptsOffset;
    private int attemptCount;
    private int failedCount;
    private int attemptBytes;
    private @Nullable Outcome lastOutcome;
    private @Nullable RejectReason attemptRefusal;
    /** Number of the attempt that is refused; 0 = none. */
    private int refusedAttempt;

    ImportJobsDecider(JobImports imports) {
        this.imports = imports;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final ItemsDecoder items = command.items();
        RejectReason refusal = context.refusalOfNewWork();
        if (refusal == null && items.count() > Bounds.IMPORT_ITEMS_MAX) {
            refusal = RejectReason.BATCH_TOO_LARGE;
        }
        if (refusal == null && !context.view().hasRoomForJobs(items.count())) {
            refusal = RejectReason.MEMORY_FULL;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final ImportReplyEncoder.ResultsEncoder results = reply.resultsCount(items.count());
        while (items.hasNext()) {
            items.next();
            spec.set(items);
            attemptsOffset = command.limit();
            checkAttempts(buffer, items.attempts());
            final int end = spec.names(buffer, command.limit());
            decideItem(context, buffer, items, results.next());
            command.limit(end);
        }
        context.replied(reply.limit());
    }

    /** Walks the attempts once; what is wrong with them is told behind what is wrong with the job. */
    private void checkAttempts(DirectBuffer buffer, AttemptsDecoder attempts) {
        attemptCount = attempts.count();
        failedCount = 0;
        attemptBytes = 0;
        lastOutcome = null;
        attemptRefusal = attemptCount > Bounds.ATTEMPTS_MAX ? RejectReason.TOO_MANY_ATTEMPTS : null;
        refusedAttempt = 0;
        int number = 0;
        while (attempts.hasNext()) {
            attempts.next();
            number++;
            final int codeLength = attempts.errorCodeLength();
            final int codeOffset = command.limit() + AttemptsDecoder.errorCodeHeaderLength();
            attempts.skipErrorCode();
            final int resultLength = attempts.resultLength();
            attempts.skipResult();
            attemptBytes += ATTEMPT_BYTES + codeLength + resultLength;
            RejectReason refusal = attemptRefusal(buffer, attempts, codeOffset, codeLength, resultLength);
            if (refusal == null) {
                lastOutcome = Outcome.get(attempts.outcomeRaw());
                failedCount += lastOutcome == Outcome.FAILED ? 1 : 0;
                // [SILO-IMP-3]
                if (lastOutcome != Outcome.FAILED && number < attemptCount) {
                    refusal = RejectReason.ATTEMPT_NOT_FAILED;
                }
            }
            if (refusal != null && attemptRefusal == null) {
                attemptRefusal = refusal;
                refusedAttempt = number;
            }
        }
    }

    private static @Nullable RejectReason attemptRefusal(
            DirectBuffer buffer, AttemptsDecoder attempt, int codeOffset, int codeLength, int resultLength) {
        if (attempt.outcomeRaw() > Outcome.CANCELLED.value()
                || attempt.resultEncodingRaw() > PayloadEncoding.MSGPACK.value()) {
            return RejectReason.INVALID_ATTEMPT;
        }
        if (resultLength > Bounds.INLINE_BYTES_MAX) {
            return RejectReason.PAYLOAD_TOO_LARGE;
        }
        final Outcome outcome = Outcome.get(attempt.outcomeRaw());
        if (outcome == Outcome.FAILED) {
            final RejectReason refusal = NameChecks.errorCode(buffer, codeOffset, codeLength);
            if (refusal != null) {
                return refusal;
            }
        }
        final boolean areTimesGood = attempt.startedAtMs() >= 0
                && attempt.startedAtMs() <= Bounds.START_AT_MS_MAX
                && attempt.finishedAtMs() >= 0
                && attempt.finishedAtMs() <= Bounds.START_AT_MS_MAX;
        final boolean hasResult = resultLength > 0 || attempt.uploadId() != 0;
        return areTimesGood
                        && (codeLength == 0 || outcome == Outcome.FAILED)
                        && !(resultLength > 0 && attempt.uploadId() != 0)
                        && !(hasResult && outcome == Outcome.CANCELLED)
                ? null
                : RejectReason.INVALID_ATTEMPT;
    }

    private void decideItem(
            CommandContext context, DirectBuffer buffer, ItemsDecoder item, ImportReplyEncoder.ResultsEncoder result) {
        final JobView jobs = context.view().jobs();
        RejectReason refusal = spec.refusal(context, buffer);
        if (refusal != null) {
            // The job itself is wrong: no attempt of it is looked at.
            refusedAttempt = 0;
        } else {
            refusal = attemptRefusal;
        }
        refusal = refusal != null ? refusal : spec.keysRefusal(buffer);
        int slot = RowSlab.NULL_SLOT;
        if (refusal == null) {
            slot = spec.find(context, buffer);
            // [SILO-IMP-1] [SILO-REIMP-1]
            refusal = slot == RowSlab.NULL_SLOT
                    ? importNew(context, buffer, item)
                    : importMore(context, buffer, item, slot);
        }
        if (refusal != null) {
            final boolean isKnown = slot != RowSlab.NULL_SLOT;
            if (isKnown) {
                context.touch(jobs.lastPosition(slot));
            }
            result.jobKey(0)
                    .code(refusal.code())
                    .attempt(refusedAttempt)
                    .status(status(isKnown ? jobs.state(slot) : JobState.SCHEDULED));
            return;
        }
        slot = spec.find(context, buffer);
        result.jobKey(jobs.jobKey(slot)).code(RejectReason.OK).attempt(0).status(status(jobs.state(slot)));
    }

    private static io.silo.protocol.reply.JobStatus status(JobState state) {
        return io.silo.protocol.reply.JobStatus.get((short) state.ordinal());
    }

    private @Nullable RejectReason importNew(CommandContext context, DirectBuffer buffer, ItemsDecoder item) {
        // [SILO-UNIQUE-3]
        final int holder = isScheduled() ? spec.findHolder(context, buffer) : RowSlab.NULL_SLOT;
        if (holder != RowSlab.NULL_SLOT) {
            return RejectReason.UNIQUE_KEY_HELD;
        }
        if (!spec.haveNamesRoom(context, buffer)) {
            return RejectReason.MEMORY_FULL;
        }
        final int definitionBytes = EVENT_BYTES + JobEnqueuedEncoder.BLOCK_LENGTH + spec.endOffset() - attemptsOffset;
        if (!context.record().hasRoom(EVENT_BYTES + attemptBytes + definitionBytes)) {
            return RejectReason.BATCH_TOO_LARGE;
        }
        Uploads.@Nullable Upload upload = null;
        if (spec.uploadId != 0) {
            upload = context.uploads().find(context.session().id(), spec.uploadId);
            if (upload == null || !upload.isComplete()) {
                return RejectReason.UPLOAD_NOT_FOUND;
            }
        }
        if (!areUploadsComplete(context, item)) {
            return RejectReason.UPLOAD_NOT_FOUND;
        }
        final RejectReason quota = isScheduled() ? spec.quotaRefusal(context, buffer, upload) : null;
        if (quota != null) {
            return quota;
        }
        final long jobKey = context.view().nextJobKey();
        final RecordBuffer record = context.record();
        long firstChunk = upload == null ? Long.MAX_VALUE : upload.firstPosition;
        event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .jobKey(jobKey)
                .previousPosition(EventLog.NULL_POSITION);
        firstChunk = Math.min(firstChunk, encodeAttempts(context, buffer, item, 0));
        settle(context, firstChunk);
        final int definitionOffset = event.limit() + JobImportedEncoder.definitionHeaderLength();
        definition.wrapAndApplyHeader(record.buffer(), definitionOffset, definitionHeader);
        final int end = spec.encode(context, definition, buffer, jobKey, upload);
        record.buffer().putInt(event.limit(), end - definitionOffset, ByteOrder.LITTLE_ENDIAN);
        record.commit(end);
        removeUploads(context, item);
        if (upload != null) {
            context.uploads().remove(upload);
        }
        return null;
    }

    /** Rules of a re-import, in the order of the specification (IMPORT-10). */
    private @Nullable RejectReason importMore(
            CommandContext context, DirectBuffer buffer, ItemsDecoder item, int slot) {
        final JobView jobs = context.view().jobs();
        final JobState state = jobs.state(slot);
        if (state == JobState.RUNNING) {
            // [SILO-REIMP-2] [SILO-REIMP-3]
            return RejectReason.JOB_RUNNING;
        }
        if (state == JobState.SUCCEEDED) {
            // [SILO-REIMP-4]
            return RejectReason.JOB_SUCCEEDED;
        }
        if (jobs.lastPosition(slot) == context.record().position()) {
            return RejectReason.TWICE_IN_BATCH;
        }
        context.writeLog();
        if (!imports.read(jobs, slot)) {
            return RejectReason.RESULT_GONE;
        }
        final List<AttemptRecord> own = imports.ended();
        final int ownCount = own.isEmpty() ? 0 : own.get(own.size() - 1).attempt();
        if (attemptCount < ownCount) {
            return RejectReason.ATTEMPTS_MISSING;
        }
        if (!areUploadsComplete(context, item)) {
            return RejectReason.UPLOAD_NOT_FOUND;
        }
        refusedAttempt = firstMismatch(context, buffer, item, own);
        // [SILO-IMP-2]
        if (refusedAttempt != 0) {
            return RejectReason.ATTEMPT_MISMATCH;
        }
        if (attemptCount == ownCount) {
            return RejectReason.NO_NEW_ATTEMPT;
        }
        final int holder = isScheduled() ? jobs.findOtherHolder(slot) : RowSlab.NULL_SLOT;
        if (holder != RowSlab.NULL_SLOT) {
            return RejectReason.UNIQUE_KEY_HELD;
        }
        final DirectBuffer changed = imports.definition(spec);
        if (!context.record().hasRoom(EVENT_BYTES + attemptBytes + changed.capacity())) {
            return RejectReason.BATCH_TOO_LARGE;
        }
        final RejectReason quota = isScheduled() && state.isTerminal()
                ? TenantQuotas.refusal(context, jobs.tenant(slot), jobs.storedBytes(slot))
                : null;
        if (quota != null) {
            return quota;
        }
        final RecordBuffer record = context.record();
        event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot));
        settle(context, encodeAttempts(context, buffer, item, ownCount));
        event.putDefinition(changed, 0, changed.capacity());
        record.commit(event.limit());
        removeUploads(context, item);
        return null;
    }

    /** Number of the first attempt that is not as the job's own, or 0. */
    private int firstMismatch(CommandContext context, DirectBuffer buffer, ItemsDecoder item, List<AttemptRecord> own) {
        command.limit(attemptsOffset);
        final AttemptsDecoder attempts = item.attempts();
        int number = 0;
        int next = 0;
        while (attempts.hasNext() && next < own.size()) {
            attempts.next();
            number++;
            final int codeLength = attempts.errorCodeLength();
            final int codeOffset = command.limit() + AttemptsDecoder.errorCodeHeaderLength();
            attempts.skipErrorCode();
            final int resultLength = attempts.resultLength();
            final int resultOffset = command.limit() + AttemptsDecoder.resultHeaderLength();
            attempts.skipResult();
            final AttemptRecord stored = own.get(next);
            // Of the oldest, beyond the 100 that are kept, there is nothing left to compare.
            if (stored.attempt() == number) {
                next++;
                final Uploads.@Nullable Upload upload = attempts.uploadId() == 0
                        ? null
                        : context.uploads().find(context.session().id(), attempts.uploadId());
                final int bytes = upload == null ? resultLength : upload.totalBytes;
                final int crc = upload == null ? crc(buffer, resultOffset, resultLength) : upload.crc();
                if (stored.outcome() != attempts.outcomeRaw()
                        || stored.startedAtMs() != attempts.startedAtMs()
                        || stored.finishedAtMs() != attempts.finishedAtMs()
                        || stored.resultBytes() != bytes
                        || (bytes > 0 && stored.resultCrc() != crc)
                        || !isEqual(stored.errorCode(), buffer, codeOffset, codeLength)) {
                    return number;
                }
            }
        }
        return 0;
    }

    private static boolean isEqual(byte[] whole, DirectBuffer buffer, int offset, int length) {
        if (whole.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (whole[i] != buffer.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    private boolean areUploadsComplete(CommandContext context, ItemsDecoder item) {
        command.limit(attemptsOffset);
        final AttemptsDecoder attempts = item.attempts();
        while (attempts.hasNext()) {
            attempts.next();
            attempts.skipErrorCode();
            attempts.skipResult();
            if (attempts.uploadId() != 0) {
                final Uploads.@Nullable Upload upload =
                        context.uploads().find(context.session().id(), attempts.uploadId());
                if (upload == null || !upload.isComplete()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Encodes the attempts behind the first {@code after}; returns their earliest chunk, or {@link Long#MAX_VALUE}. */
    private long encodeAttempts(CommandContext context, DirectBuffer buffer, ItemsDecoder item, int after) {
        command.limit(attemptsOffset);
        final AttemptsDecoder attempts = item.attempts();
        final JobImportedEncoder.AttemptsEncoder target = event.attemptsCount(attemptCount - after);
        long firstChunk = Long.MAX_VALUE;
        int number = 0;
        while (attempts.hasNext()) {
            attempts.next();
            number++;
            final int codeLength = attempts.errorCodeLength();
            final int codeOffset = command.limit() + AttemptsDecoder.errorCodeHeaderLength();
            attempts.skipErrorCode();
            final int resultLength = attempts.resultLength();
            final int resultOffset = command.limit() + AttemptsDecoder.resultHeaderLength();
            attempts.skipResult();
            if (number <= after) {
                continue;
            }
            final Uploads.@Nullable Upload upload = attempts.uploadId() == 0
                    ? null
                    : context.uploads().find(context.session().id(), attempts.uploadId());
            target.next()
                    .attempt(number)
                    .startedAtMs(attempts.startedAtMs())
                    .finishedAtMs(attempts.finishedAtMs())
                    .chunkPosition(upload == null ? EventLog.NULL_POSITION : upload.lastPosition)
                    .resultBytes(upload == null ? resultLength : upload.totalBytes)
                    .outcome(Outcome.get(attempts.outcomeRaw()))
                    .resultEncoding(PayloadEncoding.get(attempts.resultEncodingRaw()))
                    .putErrorCode(buffer, codeOffset, codeLength)
                    .putResult(buffer, resultOffset, resultLength);
            final int crc = upload == null ? crc(buffer, resultOffset, resultLength) : upload.crc();
            target.resultCrc(Integer.toUnsignedLong(crc));
            if (upload != null) {
                firstChunk = Math.min(firstChunk, upload.firstPosition);
            }
        }
        return firstChunk;
    }

    /** Uploads that the event names are used up. */
    private void removeUploads(CommandContext context, ItemsDecoder item) {
        command.limit(attemptsOffset);
        for (final AttemptsDecoder attempts = item.attempts(); attempts.hasNext(); ) {
            attempts.next();
            attempts.skipErrorCode();
            attempts.skipResult();
            final Uploads.@Nullable Upload upload =
                    context.uploads().find(context.session().id(), attempts.uploadId());
            if (upload != null) {
                context.uploads().remove(upload);
            }
        }
    }

    private static int crc(DirectBuffer buffer, int offset, int length) {
        final byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        final CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /** Whether another attempt follows those of the item. */
    private boolean isScheduled() {
        // [SILO-IMP-6]
        return lastOutcome == null
                // [SILO-IMP-7]
                || (lastOutcome == Outcome.FAILED && spec.retryCount > 0 && failedCount <= spec.retryCount);
    }

    /** What became of the job by its last attempt and its retry policy (IMPORT-7); no delay is computed. */
    private void settle(CommandContext context, long firstChunk) {
        final boolean isScheduled = isScheduled();
        final JobStatus status = isScheduled
                ? JobStatus.SCHEDULED
                : lastOutcome == Outcome.SUCCEEDED
                        // [SILO-IMP-5]
                        ? JobStatus.SUCCEEDED
                        : lastOutcome == Outcome.FAILED ? JobStatus.FAILED : JobStatus.CANCELLED;
        final int number = isScheduled ? attemptCount + 1 : attemptCount;
        event.nextStartMs(isScheduled ? (spec.startAtMs == 0 ? context.nowMs() : spec.startAtMs) : -1)
                .chunkFirstPosition(firstChunk == Long.MAX_VALUE ? EventLog.NULL_POSITION : firstChunk)
                .attempt(number)
                .relativeAttempt(number)
                .status(status);
    }
}
