package io.silo.shard.event;

import io.silo.log.EventLog;
import io.silo.protocol.event.JobImageDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/**
 * JobImage: a job that is known only changes its place in the log, since an image equals the state that wrote it; one that is not
 * known (its earlier events were trimmed) is inserted as the image says.
 */
final class JobImageApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobImageDecoder decoder = new JobImageDecoder();
    private final JobDefinition definition = new JobDefinition();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final long chainedBytes = skipAttempts();
        final int workerLength = decoder.workerIdLength();
        final int workerOffset = decoder.limit() + JobImageDecoder.workerIdHeaderLength();
        decoder.skipWorkerId();
        final int definitionLength = decoder.definitionLength();
        final int definitionOffset = decoder.limit() + JobImageDecoder.definitionHeaderLength();
        final int known = state.jobs().findByKey(decoder.jobKey());
        final int slot = known != RowSlab.NULL_SLOT
                ? known
                : restore(state, place, buffer, definitionOffset, workerOffset, workerLength);
        state.jobPlaced(slot, place.position(), place.offset() + definitionOffset - offset, definitionLength);
        state.jobChunksMoved(slot, decoder.chunkFirstPosition());
        state.liveBytes()
                .imaged(slot, place.length() + chainedBytes + state.jobs().uploadedBytes(slot));
    }

    private int restore(
            ShardState state,
            EventPlace place,
            DirectBuffer buffer,
            int definitionOffset,
            int workerOffset,
            int workerLength) {
        definition.wrap(buffer, definitionOffset);
        final int slot = definition.insert(state, buffer);
        final JobState status = JobState.of(decoder.status().value());
        state.jobRestored(
                slot,
                status,
                decoder.changedAtMs(),
                (int) decoder.attempt(),
                (int) decoder.relativeAttempt(),
                decoder.leaseEpoch(),
                decoder.leaseToken(),
                decoder.reported() != 0);
        state.markersRestored(slot, decoder.cancelledPending() != 0, decoder.crashes());
        switch (status) {
            case SCHEDULED -> state.jobScheduled(slot, decoder.changedAtMs(), decoder.nextStartMs(), place.timeMs());
            case RUNNING -> {
                state.leaseRestored(
                        slot,
                        decoder.nextStartMs(),
                        decoder.leaseStartedAtMs(),
                        decoder.cancelRequestedAtMs(),
                        (int) decoder.leaseMs(),
                        decoder.leaseRequestIdHigh(),
                        decoder.leaseRequestIdLow(),
                        buffer,
                        workerOffset,
                        workerLength);
                state.limitChanges().held(slot, decoder.heldLimits());
            }
            case SUCCEEDED, FAILED, CANCELLED -> state.endRestored(slot, decoder.nextStartMs());
        }
        return slot;
    }

    /** Returns the bytes of results that lie in chunks. */
    private long skipAttempts() {
        long chainedBytes = 0;
        final JobImageDecoder.AttemptsDecoder attempts = decoder.attempts();
        while (attempts.hasNext()) {
            attempts.next();
            chainedBytes += attempts.chunkPosition() == EventLog.NULL_POSITION ? 0 : attempts.resultBytes();
            attempts.skipWorkerId();
            attempts.skipErrorCode();
            attempts.skipResult();
        }
        return chainedBytes;
    }
}
