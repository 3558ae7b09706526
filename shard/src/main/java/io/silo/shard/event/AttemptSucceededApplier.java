package io.silo.shard.event;

import io.silo.protocol.event.AttemptSucceededDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** AttemptSucceeded: the job is done. */
final class AttemptSucceededApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final AttemptSucceededDecoder decoder = new AttemptSucceededDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.jobChunked(slot, decoder.chunkFirstPosition());
            state.liveBytes().attemptEnded(slot, decoder.attempt(), decoder.resultBytes());
            // [SILO-SUCC-3]
            state.attemptEnded(slot, place.position(), place.timeMs(), true, JobState.SUCCEEDED);
        }
    }
}
