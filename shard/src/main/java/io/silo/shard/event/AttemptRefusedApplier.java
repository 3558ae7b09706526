package io.silo.shard.event;

import io.silo.protocol.event.AttemptRefusedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** AttemptRefused: a waiting job fails without a run. */
final class AttemptRefusedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final AttemptRefusedDecoder decoder = new AttemptRefusedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.jobEnded(slot, place.position(), place.timeMs(), JobState.FAILED);
        }
    }
}
