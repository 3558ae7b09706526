package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.log.LogException;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.reply.BytesReplyEncoder;
import io.silo.protocol.reply.JobReplyEncoder;
import io.silo.protocol.reply.JobResultReplyEncoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.PayloadEncoding;
import io.silo.shard.history.AttemptRecord;
import io.silo.shard.history.JobHistory;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.JobLimits;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A read of one job. */
final class JobRead extends ColdRead {
    /** What is asked for. */
    enum Kind {
        JOB,
        RESULT,
        PAYLOAD_PART,
        RESULT_PART
    }

    /** A read is tried so many times again. */
    private static final int REPEATS_MAX = 3;

    private final Request request;
    private final Kind kind;
    private final long jobKey;
    private final JobState state;
    private final long changedAtMs;
    private final long nextStartMs;
    private final int attempt;
    private final int relativeAttempt;
    private final boolean cancelledPending;
    private final long cancelledAtMs;
    private final long definitionPosition;
    private final int definitionOffset;
    private final int definitionLength;
    private final long lastPosition;
    private final int repeatsLeft;

    /** What is asked of the job: the same however often it is looked up. */
    private record Request(Kind kind, boolean includeAttempts, int partOffset, int partLength) {}

    /** Takes a picture of the job at {@code slot}. Part offsets matter only to the part kinds. */
    JobRead(Kind kind, CommandContext context, int slot, boolean includeAttempts, int partOffset, int partLength) {
        this(
                Asked.of(context),
                new Request(kind, includeAttempts, partOffset, partLength),
                context.view(),
                slot,
                REPEATS_MAX);
    }

    private JobRead(Asked asked, Request request, ShardView view, int slot, int repeatsLeft) {
        super(asked);
        final JobView jobs = view.jobs();
        final LeaseView leases = view.leases();
        this.request = request;
        this.kind = request.kind();
        this.jobKey = jobs.jobKey(slot);
        this.state = jobs.state(slot);
        this.changedAtMs = jobs.changedAtMs(slot);
        this.cancelledPending = jobs.isCancelledPending(slot);
        this.nextStartMs = state == JobState.SCHEDULED || cancelledPending ? jobs.startMs(slot) : 0;
        this.attempt = jobs.attempt(slot);
        this.relativeAttempt = jobs.relativeAttempt(slot);
        this.cancelledAtMs = state == JobState.CANCELLED
                ? jobs.changedAtMs(slot)
                : state == JobState.RUNNING ? leases.cancelRequestedAtMs(jobs.lease(slot)) : 0;
        this.definitionPosition = jobs.definitionPosition(slot);
        this.definitionOffset = jobs.definitionOffset(slot);
        this.definitionLength = jobs.definitionLength(slot);
        this.lastPosition = jobs.lastPosition(slot);
        this.repeatsLeft = repeatsLeft;
    }

    @Override
    public @Nullable ColdRead again(ShardView view) {
        // Each time another cycle would have to be trimmed under the read.
        if (repeatsLeft == 0) {
            return null;
        }
        final JobView jobs = view.jobs();
        final int slot = jobs.findByKey(jobKey);
        final boolean isElsewhere = slot != RowSlab.NULL_SLOT
                && (jobs.definitionPosition(slot) != definitionPosition || jobs.lastPosition(slot) != lastPosition);
        return isElsewhere ? new JobRead(asked(), request, view, slot, repeatsLeft - 1) : null;
    }

    @Override
    public long touchedPosition() {
        return lastPosition;
    }

    @Override
    public void perform(JobReader reader) {
        // Not before: a read that finds no room to wait must cost the shard's thread nothing.
        reply.wrap(new byte[Bounds.MESSAGE_BYTES_MAX]);
        final JobHistory history = reader.history();
        try {
            final boolean found = history.readDefinition(definitionPosition, definitionOffset, definitionLength)
                    && (kind == Kind.PAYLOAD_PART
                            || history.readAttempts(
                                    jobKey, lastPosition, request.includeAttempts() ? JobHistory.ATTEMPTS_MAX : 1));
            if (!found) {
                refuse(RejectReason.RESULT_GONE);
                return;
            }
            switch (kind) {
                case JOB -> encodeJob(history);
                case RESULT -> encodeResult(endOfJob(history.attempts()));
                case PAYLOAD_PART, RESULT_PART -> encodePart(reader, history);
            }
        } catch (LogException e) {
            refuse(RejectReason.SHARD_CLOSED);
        }
    }

    private void encodeJob(JobHistory history) {
        final JobEnqueuedDecoder job = new JobEnqueuedDecoder();
        job.wrapAndApplyHeader(history.definition(), 0, new MessageHeaderDecoder());
        final List<AttemptRecord> attempts = history.attempts();
        final AttemptRecord ended = endOfJob(attempts);
        final JobReplyEncoder encoder = new JobReplyEncoder();
        encoder.wrapAndApplyHeader(reply, 0, messageHeader)
                .jobKey(jobKey)
                .enqueuedAtMs(job.enqueuedAtMs())
                .startAtMs(job.startAtMs())
                // Of an imported job its last attempt tells; of any other both are one.
                .changedAtMs(ended == null ? changedAtMs : ended.finishedAtMs())
                .nextStartMs(nextStartMs)
                .startDeadlineMs(job.startDeadlineMs())
                .cancelledAtMs(cancelledAtMs)
                .retryInitialIntervalMs(job.retryInitialIntervalMs())
                .retryMaxIntervalMs(job.retryMaxIntervalMs())
                .retryCount(job.retryCount())
                .retryBackoffPermille(job.retryBackoffPermille())
                .leaseMs(job.leaseMs())
                .maxRunMs(job.maxRunMs())
                .relativeAttempt(relativeAttempt)
                .attempt(attempts.isEmpty() && (state == JobState.SCHEDULED || cancelledPending) ? 0 : attempt)
                .payloadBytes(job.payloadBytes())
                .payloadCrc(job.payloadCrc())
                .resultBytes(ended == null ? 0 : ended.resultBytes())
                .resultCrc(ended == null ? 0 : Integer.toUnsignedLong(ended.resultCrc()))
                .status(JobStatus.get((short) state.ordinal()))
                .priority(job.priority())
                .retryJitter(job.retryJitter())
                .payloadEncoding(PayloadEncoding.get(job.payloadEncodingRaw()))
                .resultEncoding(PayloadEncoding.get((short) (ended == null ? 0 : ended.resultEncoding())));
        encodeLimits(encoder, job);
        final JobEnqueuedDecoder.MetadataDecoder metadata = job.metadata();
        final JobReplyEncoder.MetadataEncoder metadataEncoder = encoder.metadataCount(metadata.count());
        for (JobEnqueuedDecoder.MetadataDecoder entry : metadata) {
            metadataEncoder.next().key(entry.key()).value(entry.value());
        }
        // Names, metadata, payload and result of any job fit; attempts take what is left, newest first, results cut
        // away last.
        int room = Bounds.MESSAGE_BYTES_MAX - encoder.limit() - 2_048;
        final int payloadLength = job.payloadBytes() <= room / 2 ? (int) job.payloadBytes() : 0;
        room -= payloadLength;
        final int resultLength = ended != null && ended.result().length <= room / 2 ? ended.result().length : 0;
        room -= resultLength;
        encodeAttempts(encoder, request.includeAttempts() ? attempts : List.of(), room);
        encodeNames(encoder, job, ended, payloadLength, resultLength);
        replied(encoder.limit());
    }

    private static void encodeLimits(JobReplyEncoder encoder, JobEnqueuedDecoder job) {
        final JobEnqueuedDecoder.LimitsDecoder limits = job.limits();
        final JobReplyEncoder.LimitsEncoder limitsEncoder = encoder.limitsCount(limits.count());
        for (JobEnqueuedDecoder.LimitsDecoder limit : limits) {
            final String key = limit.key();
            final byte[] details = new byte[limit.detailsLength()];
            limit.getDetails(details, 0, details.length);
            limitsEncoder.next().maxConcurrency(limit.maxConcurrency()).key(key).putDetails(details, 0, details.length);
        }
    }

    private static void encodeAttempts(JobReplyEncoder encoder, List<AttemptRecord> attempts, int roomBytes) {
        int room = roomBytes;
        int first = attempts.size();
        while (first > 0 && room >= attemptBytes(attempts.get(first - 1), 0)) {
            room -= attemptBytes(attempts.get(first - 1), 0);
            first--;
        }
        final List<AttemptRecord> kept = attempts.subList(first, attempts.size());
        final JobReplyEncoder.AttemptsEncoder group = encoder.attemptsCount(kept.size());
        for (AttemptRecord record : kept) {
            final int resultLength = record.result().length <= room ? record.result().length : 0;
            room -= resultLength;
            group.next()
                    .attempt(record.attempt())
                    .startedAtMs(record.startedAtMs())
                    .finishedAtMs(record.finishedAtMs())
                    .outcome((short) record.outcome())
                    .resultEncoding(PayloadEncoding.get((short) record.resultEncoding()))
                    .tokenEpoch(record.tokenEpoch())
                    .token(record.token())
                    .putWorkerId(record.workerId(), 0, record.workerId().length)
                    .putErrorCode(record.errorCode(), 0, record.errorCode().length)
                    .putResult(record.result(), 0, resultLength);
        }
    }

    private static int attemptBytes(AttemptRecord record, int resultLength) {
        return 48 + record.workerId().length + record.errorCode().length + resultLength;
    }

    private static void encodeNames(
            JobReplyEncoder encoder,
            JobEnqueuedDecoder job,
            @Nullable AttemptRecord ended,
            int payloadLength,
            int resultLength) {
        encoder.tenant(job.tenant())
                .taskGroup(job.taskGroup())
                .jobId(job.jobId())
                .uniqueKey(job.uniqueKey());
        final byte[] errorCode = ended == null ? new byte[0] : ended.errorCode();
        encoder.putErrorCode(errorCode, 0, errorCode.length);
        final byte[] payload = new byte[Math.min(payloadLength, job.payloadLength())];
        job.getPayload(payload, 0, payload.length);
        encoder.putPayload(payload, 0, payload.length);
        encoder.putResult(ended == null ? new byte[0] : ended.result(), 0, resultLength);
    }

    private void encodeResult(@Nullable AttemptRecord ended) {
        final JobResultReplyEncoder encoder = new JobResultReplyEncoder();
        if (ended == null && state == JobState.CANCELLED) {
            // Cancelled while it waited: nothing that ran before has a say (GET-6).
            encoder.wrapAndApplyHeader(reply, 0, messageHeader)
                    .jobKey(jobKey)
                    .finishedAtMs(changedAtMs)
                    .resultBytes(0)
                    .resultCrc(0)
                    .attempt(0)
                    .status(JobStatus.CANCELLED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode("")
                    .putResult(new byte[0], 0, 0);
            replied(encoder.limit());
            return;
        }
        if (ended == null) {
            refuse(RejectReason.RESULT_GONE);
            return;
        }
        encoder.wrapAndApplyHeader(reply, 0, messageHeader)
                .jobKey(jobKey)
                .finishedAtMs(ended.finishedAtMs())
                .resultBytes(ended.resultBytes())
                .resultCrc(Integer.toUnsignedLong(ended.resultCrc()))
                .attempt(ended.attempt())
                .status(JobStatus.get((short) state.ordinal()))
                .resultEncoding(PayloadEncoding.get((short) ended.resultEncoding()))
                .putErrorCode(ended.errorCode(), 0, ended.errorCode().length)
                .putResult(ended.result(), 0, ended.result().length);
        replied(encoder.limit());
    }

    private void encodePart(JobReader reader, JobHistory history) {
        final JobEnqueuedDecoder job = new JobEnqueuedDecoder();
        job.wrapAndApplyHeader(history.definition(), 0, new MessageHeaderDecoder());
        final AttemptRecord ended = kind == Kind.RESULT_PART ? lastEnded(history.attempts()) : null;
        final boolean isPayload = kind == Kind.PAYLOAD_PART;
        final int total = isPayload ? (int) job.payloadBytes() : ended == null ? 0 : ended.resultBytes();
        final long chunkPosition =
                isPayload ? job.chunkPosition() : ended == null ? EventLog.NULL_POSITION : ended.chunkPosition();
        if (request.partOffset() >= total
                || request.partLength() <= 0
                || request.partLength() > Bounds.CHUNK_BYTES_MAX) {
            refuse(RejectReason.INVALID_RANGE);
            return;
        }
        final int length = Math.min(request.partLength(), total - request.partOffset());
        final UnsafeBuffer part = new UnsafeBuffer(new byte[length]);
        if (chunkPosition != EventLog.NULL_POSITION) {
            if (reader.chunks().copy(chunkPosition, request.partOffset(), length, part, 0) != length) {
                refuse(RejectReason.RESULT_GONE);
                return;
            }
        } else if (isPayload) {
            JobLimits.skip(job);
            for (JobEnqueuedDecoder.MetadataDecoder entry : job.metadata()) {
                entry.skipKey();
                entry.skipValue();
            }
            job.skipTenant();
            job.skipTaskGroup();
            job.skipJobId();
            job.skipUniqueKey();
            part.putBytes(
                    0,
                    history.definition(),
                    job.limit() + JobEnqueuedDecoder.payloadHeaderLength() + request.partOffset(),
                    length);
        } else if (ended != null) {
            part.putBytes(0, ended.result(), request.partOffset(), length);
        }
        final BytesReplyEncoder encoder = new BytesReplyEncoder();
        encoder.wrapAndApplyHeader(reply, 0, messageHeader)
                .chunkOffset(request.partOffset())
                .totalBytes(total)
                .putChunk(part, 0, length);
        replied(encoder.limit());
    }

    /** The attempt that ended the job, or null: it goes on, or was cancelled while it waited. */
    private @Nullable AttemptRecord endOfJob(List<AttemptRecord> ascending) {
        return state.isTerminal() && !cancelledPending ? lastEnded(ascending) : null;
    }

    private static @Nullable AttemptRecord lastEnded(List<AttemptRecord> ascending) {
        for (int i = ascending.size() - 1; i >= 0; i--) {
            if (ascending.get(i).outcome() != AttemptRecord.RUNNING) {
                return ascending.get(i);
            }
        }
        return null;
    }
}
