package io.silo.shard.event;

import io.silo.protocol.event.AttemptRefusedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** AttemptRefused: an attempt of a waiting job fails without a run; the job too, or it goes on with the next. */
final class AttemptRefusedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final AttemptRefusedDecoder decoder = new AttemptRefusedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        state.liveBytes().attemptEnded(slot, decoder.attempt(), 0);
        if (decoder.nextStartMs() == AttemptFailedApplier.NO_NEXT_START) {
            state.jobEnded(slot, place.position(), place.timeMs(), JobState.FAILED);
        } else {
            state.attemptRefused(slot, place.position(), place.timeMs(), decoder.nextStartMs());
        }
    }
}
