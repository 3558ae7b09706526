package io.silo.shard.history;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.log.EventLog;
import io.silo.log.LogReader;
import io.silo.log.RecordHandler;
import io.silo.protocol.Bounds;
import io.silo.protocol.LeaseToken;
import io.silo.protocol.event.AttemptCancelledDecoder;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.AttemptRefusedDecoder;
import io.silo.protocol.event.AttemptSucceededDecoder;
import io.silo.protocol.event.CancelRequestedDecoder;
import io.silo.protocol.event.JobCancelledDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobExpeditedDecoder;
import io.silo.protocol.event.JobImageDecoder;
import io.silo.protocol.event.JobImportedDecoder;
import io.silo.protocol.event.JobRestartedDecoder;
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.SlotsDroppedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.shard.event.EventFrames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads one job's definition and attempts out of the log: from its latest event back along {@code previousPosition} to its
 * JobEnqueued event or its last image. One thread per instance; allocates, so it stays off the hot path.
 */
public final class JobHistory {
    /** Ended attempts that are kept (design, section 4). */
    public static final int ATTEMPTS_MAX = Bounds.ATTEMPTS_MAX;

    /** Where the walk ends. */
    private static final long END = Long.MIN_VALUE;

    /** Every event of a job begins with the job's key: most events of a record are passed over without a look at what they are. */
    private static final int JOB_KEY_AT =
            JobEnqueuedDecoder.jobKeyEncodingOffset() + MessageHeaderDecoder.ENCODED_LENGTH;

    private final LogReader reader;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobEnqueuedDecoder enqueued = new JobEnqueuedDecoder();
    private final TaskLeasedDecoder leased = new TaskLeasedDecoder();
    private final LeaseReturnedDecoder returned = new LeaseReturnedDecoder();
    private final AttemptSucceededDecoder succeeded = new AttemptSucceededDecoder();
    private final AttemptFailedDecoder failed = new AttemptFailedDecoder();
    private final AttemptCancelledDecoder cancelled = new AttemptCancelledDecoder();
    private final AttemptRefusedDecoder refused = new AttemptRefusedDecoder();
    private final JobCancelledDecoder jobCancelled = new JobCancelledDecoder();
    private final CancelRequestedDecoder cancelRequested = new CancelRequestedDecoder();
    private final JobRestartedDecoder restarted = new JobRestartedDecoder();
    private final JobExpeditedDecoder expedited = new JobExpeditedDecoder();
    private final SlotsDroppedDecoder slotsDropped = new SlotsDroppedDecoder();
    private final JobImportedDecoder imported = new JobImportedDecoder();
    private final JobImageDecoder image = new JobImageDecoder();
    private final UnsafeBuffer definition = new UnsafeBuffer(0, 0);
    private final List<AttemptRecord> newestFirst = new ArrayList<>();
    private final RecordHandler definitionHandler = this::onDefinitionRecord;
    private final RecordHandler chainHandler = this::onChainRecord;
    private int definitionOffset;
    private int definitionLength;
    private long jobKey;
    private long next;
    private long recordTimeMs;
    private long recordEpoch;

    /** Of a lease, if the event is one. */
    private long eventToken;

    private boolean awaitsWorker;
    private boolean skipLease;

    public JobHistory(LogReader reader) {
        this.reader = reader;
    }

    /**
     * Reads the job's JobEnqueued event.
     *
     * @return false if its record is no longer in the log.
     */
    public boolean readDefinition(long position, int offset, int length) {
        definitionOffset = offset;
        definitionLength = length;
        return reader.read(position, definitionHandler);
    }

    /** A copy of the JobEnqueued event, message header first; valid until the next {@link #readDefinition}. */
    public DirectBuffer definition() {
        return definition;
    }

    /**
     * Reads the attempts, newest first, until {@code endedMax} ended ones are found.
     *
     * @param lastPosition record of the job's latest event.
     * @return false if a record of the chain is no longer in the log.
     */
    public boolean readAttempts(long key, long lastPosition, int endedMax) {
        jobKey = key;
        newestFirst.clear();
        awaitsWorker = false;
        skipLease = false;
        next = lastPosition;
        // The chain is as long as the job's events since its last image; carry-forward bounds it in bytes, this loop in
        // attempts.
        while (next >= 0 && !(ended() >= endedMax && !awaitsWorker)) {
            final long position = next;
            next = END;
            if (!reader.read(position, chainHandler)) {
                return false;
            }
        }
        // An image adds all that it holds.
        while (ended() > endedMax) {
            newestFirst.remove(newestFirst.size() - 1);
        }
        return true;
    }

    /** What {@link #readAttempts} found, ascending. */
    public List<AttemptRecord> attempts() {
        final List<AttemptRecord> ascending = new ArrayList<>(newestFirst);
        Collections.reverse(ascending);
        return ascending;
    }

    private int ended() {
        int count = 0;
        for (AttemptRecord attempt : newestFirst) {
            count += attempt.outcome() == AttemptRecord.RUNNING ? 0 : 1;
        }
        return count;
    }

    private void onDefinitionRecord(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        final byte[] copy = new byte[definitionLength];
        buffer.getBytes(offset + definitionOffset, copy);
        definition.wrap(copy);
    }

    private void onChainRecord(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        recordTimeMs = timeMs;
        recordEpoch = epoch;
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            if (eventLength >= JOB_KEY_AT + Long.BYTES && b.getLong(at + JOB_KEY_AT, LITTLE_ENDIAN) == jobKey) {
                eventToken = LeaseToken.of(position, index);
                onEvent(b, at);
            }
        });
    }

    /** A record holds at most one event of a job, but for an image, which starts the chain anew. */
    private void onEvent(DirectBuffer buffer, int at) {
        header.wrap(buffer, at);
        switch (header.templateId()) {
            case JobEnqueuedDecoder.TEMPLATE_ID -> {
                if (enqueued.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = END;
                }
            }
            case TaskLeasedDecoder.TEMPLATE_ID -> {
                if (leased.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onLeased();
                }
            }
            case LeaseReturnedDecoder.TEMPLATE_ID -> {
                if (returned.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = returned.previousPosition();
                    // The lease before it did not become an attempt.
                    skipLease = true;
                }
            }
            case AttemptSucceededDecoder.TEMPLATE_ID -> {
                if (succeeded.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onSucceeded();
                }
            }
            case AttemptFailedDecoder.TEMPLATE_ID -> {
                if (failed.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onFailed();
                }
            }
            case AttemptCancelledDecoder.TEMPLATE_ID -> {
                if (cancelled.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onCancelled();
                }
            }
            case AttemptRefusedDecoder.TEMPLATE_ID -> {
                if (refused.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onRefused();
                }
            }
            case JobImportedDecoder.TEMPLATE_ID -> {
                if (imported.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onImported();
                }
            }
            case JobImageDecoder.TEMPLATE_ID -> {
                if (image.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    onImage();
                }
            }
            default -> onChange(buffer, at);
        }
    }

    /** Changes of the status or of slots alone lead on to the event before. */
    private void onChange(DirectBuffer buffer, int at) {
        switch (header.templateId()) {
            case JobCancelledDecoder.TEMPLATE_ID -> {
                if (jobCancelled.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = jobCancelled.previousPosition();
                }
            }
            case CancelRequestedDecoder.TEMPLATE_ID -> {
                if (cancelRequested.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = cancelRequested.previousPosition();
                }
            }
            case JobRestartedDecoder.TEMPLATE_ID -> {
                if (restarted.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = restarted.previousPosition();
                }
            }
            case SlotsDroppedDecoder.TEMPLATE_ID -> {
                if (slotsDropped.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = slotsDropped.previousPosition();
                }
            }
            case JobExpeditedDecoder.TEMPLATE_ID -> {
                if (expedited.wrapAndApplyHeader(buffer, at, header).jobKey() == jobKey) {
                    next = expedited.previousPosition();
                }
            }
            default -> {
                // Events of the shard, or of a newer release: not part of a job's history.
            }
        }
    }

    private void onLeased() {
        next = leased.previousPosition();
        final byte[] worker = new byte[leased.workerIdLength()];
        leased.getWorkerId(worker, 0, worker.length);
        if (skipLease) {
            skipLease = false;
        } else if (awaitsWorker) {
            final int last = newestFirst.size() - 1;
            newestFirst.set(last, newestFirst.get(last).withLease(recordEpoch, eventToken, worker));
            awaitsWorker = false;
        } else {
            newestFirst.add(
                    AttemptRecord.running((int) leased.attempt(), recordTimeMs, recordEpoch, eventToken, worker));
        }
    }

    private void onSucceeded() {
        next = succeeded.previousPosition();
        final byte[] result = new byte[succeeded.resultLength()];
        succeeded.getResult(result, 0, result.length);
        add(new AttemptRecord(
                (int) succeeded.attempt(),
                succeeded.startedAtMs(),
                recordTimeMs,
                Outcome.SUCCEEDED.value(),
                succeeded.resultEncodingRaw(),
                (int) succeeded.resultBytes(),
                (int) succeeded.resultCrc(),
                succeeded.chunkPosition(),
                0,
                0,
                AttemptRecord.NONE,
                AttemptRecord.NONE,
                result));
    }

    private void onFailed() {
        next = failed.previousPosition();
        final byte[] errorCode = new byte[failed.errorCodeLength()];
        failed.getErrorCode(errorCode, 0, errorCode.length);
        final byte[] result = new byte[failed.resultLength()];
        failed.getResult(result, 0, result.length);
        add(new AttemptRecord(
                (int) failed.attempt(),
                failed.startedAtMs(),
                recordTimeMs,
                Outcome.FAILED.value(),
                failed.resultEncodingRaw(),
                (int) failed.resultBytes(),
                (int) failed.resultCrc(),
                failed.chunkPosition(),
                0,
                0,
                AttemptRecord.NONE,
                errorCode,
                result));
    }

    private void onCancelled() {
        next = cancelled.previousPosition();
        add(new AttemptRecord(
                (int) cancelled.attempt(),
                cancelled.startedAtMs(),
                recordTimeMs,
                Outcome.CANCELLED.value(),
                0,
                0,
                0,
                EventLog.NULL_POSITION,
                0,
                0,
                AttemptRecord.NONE,
                AttemptRecord.NONE,
                AttemptRecord.NONE));
    }

    /** It ended as it began, and no lease stands before it. */
    private void onRefused() {
        next = refused.previousPosition();
        final byte[] errorCode = new byte[refused.errorCodeLength()];
        refused.getErrorCode(errorCode, 0, errorCode.length);
        newestFirst.add(new AttemptRecord(
                (int) refused.attempt(),
                recordTimeMs,
                recordTimeMs,
                Outcome.FAILED.value(),
                0,
                0,
                0,
                EventLog.NULL_POSITION,
                0,
                0,
                AttemptRecord.NONE,
                errorCode,
                AttemptRecord.NONE));
    }

    private void onImported() {
        next = imported.previousPosition();
        final List<AttemptRecord> ascending = new ArrayList<>();
        for (JobImportedDecoder.AttemptsDecoder attempt : imported.attempts()) {
            final byte[] errorCode = new byte[attempt.errorCodeLength()];
            attempt.getErrorCode(errorCode, 0, errorCode.length);
            final byte[] result = new byte[attempt.resultLength()];
            attempt.getResult(result, 0, result.length);
            ascending.add(new AttemptRecord(
                    (int) attempt.attempt(),
                    attempt.startedAtMs(),
                    attempt.finishedAtMs(),
                    attempt.outcome().value(),
                    attempt.resultEncodingRaw(),
                    (int) attempt.resultBytes(),
                    (int) attempt.resultCrc(),
                    attempt.chunkPosition(),
                    0,
                    0,
                    AttemptRecord.NONE,
                    errorCode,
                    result));
        }
        Collections.reverse(ascending);
        newestFirst.addAll(ascending);
    }

    private void onImage() {
        next = END;
        final boolean openLease = awaitsWorker;
        final List<AttemptRecord> ascending = new ArrayList<>();
        for (JobImageDecoder.AttemptsDecoder attempt : image.attempts()) {
            final byte[] worker = new byte[attempt.workerIdLength()];
            attempt.getWorkerId(worker, 0, worker.length);
            final byte[] errorCode = new byte[attempt.errorCodeLength()];
            attempt.getErrorCode(errorCode, 0, errorCode.length);
            final byte[] result = new byte[attempt.resultLength()];
            attempt.getResult(result, 0, result.length);
            ascending.add(new AttemptRecord(
                    (int) attempt.attempt(),
                    attempt.startedAtMs(),
                    attempt.finishedAtMs(),
                    attempt.outcome().value(),
                    attempt.resultEncodingRaw(),
                    (int) attempt.resultBytes(),
                    (int) attempt.resultCrc(),
                    attempt.chunkPosition(),
                    attempt.leaseEpoch(),
                    attempt.leaseToken(),
                    worker,
                    errorCode,
                    result));
        }
        if (image.leaseMs() != 0) {
            final byte[] worker = new byte[image.workerIdLength()];
            image.getWorkerId(worker, 0, worker.length);
            if (skipLease) {
                skipLease = false;
            } else if (openLease) {
                final int last = newestFirst.size() - 1;
                newestFirst.set(last, newestFirst.get(last).withLease(image.leaseEpoch(), image.leaseToken(), worker));
                awaitsWorker = false;
            } else {
                newestFirst.add(AttemptRecord.running(
                        (int) image.attempt(),
                        image.leaseStartedAtMs(),
                        image.leaseEpoch(),
                        image.leaseToken(),
                        worker));
            }
        }
        Collections.reverse(ascending);
        newestFirst.addAll(ascending);
    }

    private void add(AttemptRecord attempt) {
        newestFirst.add(attempt);
        awaitsWorker = true;
    }
}
