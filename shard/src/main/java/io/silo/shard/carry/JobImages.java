package io.silo.shard.carry;

import io.silo.log.EventLog;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.JobImageEncoder;
import io.silo.protocol.event.JobStatus;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.PayloadChunkEncoder;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.history.AttemptRecord;
import io.silo.shard.history.JobHistory;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.Invariant;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes full images of jobs. What does not fit an image, a chained payload or result or the bytes of many old results, is carried
 * first, one PayloadChunk record a slice. Shard thread only; allocates, since cleaning is not the hot path.
 */
final class JobImages {
    /** One carried chunk. */
    private static final int CHUNK_BYTES = 256 * 1024;

    /** Results that stay inside an image; older ones beyond it are carried as chunks. */
    private static final int INLINE_RESULTS_BYTES_MAX = 256 * 1024;

    private static final long NOT_CARRIED = Long.MIN_VALUE;

    private final ShardView view;
    private final EventLog log;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final MessageHeaderDecoder headerDecoder = new MessageHeaderDecoder();
    private final JobImageEncoder image = new JobImageEncoder();
    private final JobEnqueuedDecoder definitionDecoder = new JobEnqueuedDecoder();
    private final JobEnqueuedEncoder definitionEncoder = new JobEnqueuedEncoder();
    private final PayloadChunkEncoder chunk = new PayloadChunkEncoder();
    private final UnsafeBuffer worker = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer part = new UnsafeBuffer(new byte[CHUNK_BYTES]);
    private final UnsafeBuffer definition = new UnsafeBuffer(0, 0);

    /** Chains of the job at hand: last chunk before, last chunk now. Results that left an image: minus their attempt, last chunk. */
    private final Long2LongHashMap carried = new Long2LongHashMap(NOT_CARRIED);

    private int bytesWanted;
    private long jobKey = -1;
    private long chainKey;
    private long chainLast = EventLog.NULL_POSITION;
    private int chainOffset;
    private long firstChunk = Long.MAX_VALUE;
    private @Nullable JobReader reader;

    JobImages(ShardView view, EventLog log) {
        this.view = view;
        this.log = log;
    }

    /**
     * Writes the image of a job, or the next chunk that has to stand before it.
     *
     * @return true once the image is in the record; false: append the record and call again with the same job.
     */
    boolean write(RecordBuffer record, int slot) {
        final JobView jobs = view.jobs();
        if (jobs.jobKey(slot) != jobKey) {
            jobKey = jobs.jobKey(slot);
            carried.clear();
            firstChunk = Long.MAX_VALUE;
            chainKey = 0;
            chainLast = EventLog.NULL_POSITION;
            chainOffset = 0;
        }
        final JobHistory history = reader().history();
        final boolean found = history.readDefinition(
                        jobs.definitionPosition(slot), jobs.definitionOffset(slot), jobs.definitionLength(slot))
                && history.readAttempts(jobKey, jobs.lastPosition(slot), JobHistory.ATTEMPTS_MAX);
        Invariant.check(found, "a live job's events are not in the log");
        final List<AttemptRecord> ended = ended(history.attempts());
        definitionDecoder.wrapAndApplyHeader(history.definition(), 0, headerDecoder);
        if (carryChains(record, ended)) {
            return false;
        }
        final int bytes = imageBytes(history.definition(), ended);
        if (!hasRoom(record, bytes)) {
            return false;
        }
        // [SILO-CARRY-1]
        encode(record, slot, history.definition(), ended);
        jobKey = -1;
        return true;
    }

    /** Room that the job at hand needs: 0 if the usual will do. */
    int bytesWanted() {
        return bytesWanted;
    }

    /** Asks for a larger record if an empty one is too small. */
    private boolean hasRoom(RecordBuffer record, int bytes) {
        if (record.hasRoom(bytes)) {
            bytesWanted = 0;
            return true;
        }
        bytesWanted = Math.min(EventLog.RECORD_BYTES_MAX, bytes + EventLog.HEADER_BYTES + 64);
        Invariant.check(
                bytes < EventLog.RECORD_BYTES_MAX - EventLog.HEADER_BYTES - 64, "an image does not fit a record");
        return false;
    }

    /** Lets go of the cycles that were read. */
    void unpin() {
        if (reader != null) {
            reader.unpin();
        }
    }

    private JobReader reader() {
        final JobReader open = reader != null ? reader : new JobReader(log.newScanningReader());
        reader = open;
        return open;
    }

    private static List<AttemptRecord> ended(List<AttemptRecord> ascending) {
        final List<AttemptRecord> ended = new ArrayList<>();
        for (AttemptRecord attempt : ascending) {
            if (attempt.outcome() != AttemptRecord.RUNNING) {
                ended.add(attempt);
            }
        }
        final int surplus = Math.max(0, ended.size() - JobHistory.ATTEMPTS_MAX);
        return ended.subList(surplus, ended.size());
    }

    /** Writes one chunk if a chain is not carried yet. A chunk stands alone in its record: the chain goes by position. */
    private boolean carryChains(RecordBuffer record, List<AttemptRecord> ended) {
        final long payloadChain = definitionDecoder.chunkPosition();
        if (payloadChain != EventLog.NULL_POSITION && carried.get(payloadChain) == NOT_CARRIED) {
            return carryChain(record, payloadChain, (int) definitionDecoder.payloadBytes());
        }
        int inline = 0;
        for (int i = ended.size() - 1; i >= 0; i--) {
            final AttemptRecord attempt = ended.get(i);
            final long chain = attempt.chunkPosition();
            if (chain != EventLog.NULL_POSITION && carried.get(chain) == NOT_CARRIED) {
                return carryChain(record, chain, attempt.resultBytes());
            }
            inline += attempt.result().length;
            if (inline > INLINE_RESULTS_BYTES_MAX
                    && attempt.result().length > 0
                    && carried.get(-attempt.attempt()) == NOT_CARRIED) {
                return carryResult(record, attempt);
            }
        }
        return false;
    }

    private boolean carryChain(RecordBuffer record, long chain, int totalBytes) {
        if (record.eventCount() > 0) {
            return true;
        }
        if (chainKey != chain) {
            chainKey = chain;
            chainLast = EventLog.NULL_POSITION;
            chainOffset = 0;
        }
        final int length = Math.min(CHUNK_BYTES, totalBytes - chainOffset);
        if (!hasRoom(record, length + 128)) {
            return true;
        }
        final int copied = reader().chunks().copy(chain, chainOffset, length, part, 0);
        Invariant.check(copied == length, "a live payload's chunks are not in the log");
        writeChunk(record, part, length, totalBytes);
        if (chainOffset == totalBytes) {
            carried.put(chain, chainLast);
            chainKey = 0;
            chainLast = EventLog.NULL_POSITION;
            chainOffset = 0;
        }
        return true;
    }

    private boolean carryResult(RecordBuffer record, AttemptRecord attempt) {
        if (record.eventCount() > 0) {
            return true;
        }
        if (!hasRoom(record, attempt.result().length + 128)) {
            return true;
        }
        chainLast = EventLog.NULL_POSITION;
        chainOffset = 0;
        part.putBytes(0, attempt.result());
        writeChunk(record, part, attempt.result().length, attempt.result().length);
        carried.put(-attempt.attempt(), chainLast);
        chainLast = EventLog.NULL_POSITION;
        chainOffset = 0;
        return true;
    }

    private void writeChunk(RecordBuffer record, DirectBuffer bytes, int length, int totalBytes) {
        chunk.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .uploadId(0)
                .previousPosition(chainLast)
                .totalBytes(totalBytes)
                .chunkOffset(chainOffset)
                .putChunk(bytes, 0, length);
        record.commit(chunk.limit());
        firstChunk = Math.min(firstChunk, record.position());
        chainLast = record.position();
        chainOffset += length;
    }

    private static int imageBytes(DirectBuffer definition, List<AttemptRecord> ended) {
        int bytes = 512 + definition.capacity();
        for (AttemptRecord attempt : ended) {
            bytes += 80 + attempt.workerId().length + attempt.errorCode().length + attempt.result().length;
        }
        return bytes;
    }

    private void encode(RecordBuffer record, int slot, DirectBuffer source, List<AttemptRecord> ended) {
        final JobView jobs = view.jobs();
        final LeaseView leases = view.leases();
        final int lease = jobs.lease(slot);
        final boolean isLeased = lease != RowSlab.NULL_SLOT;
        final JobState state = jobs.state(slot);
        image.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .changedAtMs(jobs.changedAtMs(slot))
                .nextStartMs(jobs.startMs(slot))
                .leaseEpoch(jobs.tokenEpoch(slot))
                .leaseToken(jobs.token(slot))
                .leaseRequestIdHigh(isLeased ? leases.requestIdHigh(lease) : 0)
                .leaseRequestIdLow(isLeased ? leases.requestIdLow(lease) : 0)
                .leaseStartedAtMs(isLeased ? leases.startedAtMs(lease) : 0)
                .cancelRequestedAtMs(isLeased ? leases.cancelRequestedAtMs(lease) : 0)
                .chunkFirstPosition(firstChunk == Long.MAX_VALUE ? EventLog.NULL_POSITION : firstChunk)
                .leaseMs(isLeased ? leases.leaseMs(lease) : 0)
                .attempt(jobs.attempt(slot))
                .relativeAttempt(jobs.relativeAttempt(slot))
                .status(JobStatus.get((short) state.ordinal()))
                .reported((short) (jobs.isReported(slot) ? 1 : 0))
                .cancelledPending((short) (jobs.isCancelledPending(slot) ? 1 : 0))
                .crashes((short) jobs.crashes(slot))
                .heldLimits(jobs.heldLimitBits(slot));
        encodeAttempts(ended);
        if (isLeased) {
            leases.wrapWorker(lease, worker);
        } else {
            worker.wrap(0, 0);
        }
        image.putWorkerId(worker, 0, worker.capacity());
        definition.wrap(new byte[source.capacity()]);
        definition.putBytes(0, source, 0, source.capacity());
        if (definitionDecoder.chunkPosition() != EventLog.NULL_POSITION) {
            definitionEncoder
                    .wrap(definition, MessageHeaderEncoder.ENCODED_LENGTH)
                    .chunkPosition(carried.get(definitionDecoder.chunkPosition()));
        }
        image.putDefinition(definition, 0, definition.capacity());
        record.commit(image.limit());
    }

    private void encodeAttempts(List<AttemptRecord> ended) {
        final JobImageEncoder.AttemptsEncoder attempts = image.attemptsCount(ended.size());
        for (AttemptRecord attempt : ended) {
            final boolean left = carried.get(-attempt.attempt()) != NOT_CARRIED;
            final long chain = left
                    ? carried.get(-attempt.attempt())
                    : attempt.chunkPosition() == EventLog.NULL_POSITION
                            ? EventLog.NULL_POSITION
                            : carried.get(attempt.chunkPosition());
            attempts.next()
                    .attempt(attempt.attempt())
                    .startedAtMs(attempt.startedAtMs())
                    .finishedAtMs(attempt.finishedAtMs())
                    .chunkPosition(chain)
                    .resultBytes(attempt.resultBytes())
                    .resultCrc(Integer.toUnsignedLong(attempt.resultCrc()))
                    .outcome(Outcome.get((short) attempt.outcome()))
                    .resultEncoding(PayloadEncoding.get((short) attempt.resultEncoding()))
                    .leaseEpoch(attempt.tokenEpoch())
                    .leaseToken(attempt.token())
                    .putWorkerId(attempt.workerId(), 0, attempt.workerId().length)
                    .putErrorCode(attempt.errorCode(), 0, attempt.errorCode().length)
                    .putResult(attempt.result(), 0, left ? 0 : attempt.result().length);
        }
    }
}
