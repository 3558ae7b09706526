package io.silo.shard.event;

import io.silo.log.EventLog;
import io.silo.protocol.LeaseToken;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobImportedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** JobImported: a job comes to be with its history, or one that is known goes on from a longer history. */
final class JobImportedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobImportedDecoder decoder = new JobImportedDecoder();
    private final JobDefinition definition = new JobDefinition();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final JobImportedDecoder.AttemptsDecoder attempts = decoder.attempts();
        long historyBytes = 0;
        while (attempts.hasNext()) {
            attempts.next();
            historyBytes += attempts.resultBytes();
            attempts.skipErrorCode();
            attempts.skipResult();
        }
        final int attemptCount = attempts.count();
        final int definitionLength = decoder.definitionLength();
        final int definitionOffset = decoder.limit() + JobImportedDecoder.definitionHeaderLength();
        final JobEnqueuedDecoder job = definition.wrap(buffer, definitionOffset);
        final boolean isNew = decoder.previousPosition() == EventLog.NULL_POSITION;
        int slot = isNew ? RowSlab.NULL_SLOT : KnownJob.slot(state, place, decoder.jobKey());
        if (!isNew && slot == RowSlab.NULL_SLOT) {
            return;
        }
        if (isNew) {
            slot = definition.insert(state, buffer);
            insert(state, place, slot);
        } else {
            // Its earlier attempts stand there, and an image has to come before that record goes.
            state.jobChunked(slot, state.jobs().definitionPosition(slot));
            final int policy = state.retryPolicy(
                    (int) job.retryCount(),
                    job.retryInitialIntervalMs(),
                    job.retryMaxIntervalMs(),
                    (int) job.retryBackoffPermille(),
                    job.retryJitter() != 0);
            state.jobReimported(
                    slot,
                    place.position(),
                    JobState.of(decoder.status().value()),
                    (int) decoder.attempt(),
                    (int) decoder.relativeAttempt(),
                    policy,
                    decoder.nextStartMs(),
                    place.timeMs());
        }
        state.jobPlaced(slot, place.position(), place.offset() + definitionOffset - offset, definitionLength);
        state.jobChunked(slot, decoder.chunkFirstPosition());
        state.liveBytes().attemptsImported(slot, attemptCount, historyBytes);
    }

    private void insert(ShardState state, EventPlace place, int slot) {
        final JobState status = JobState.of(decoder.status().value());
        state.jobRestored(
                slot,
                status,
                place.timeMs(),
                (int) decoder.attempt(),
                (int) decoder.relativeAttempt(),
                0,
                LeaseToken.NULL_TOKEN,
                false);
        if (status == JobState.SCHEDULED) {
            state.jobScheduled(slot, place.timeMs(), decoder.nextStartMs(), place.timeMs());
        } else {
            state.endRestored(slot, 0);
        }
    }
}
