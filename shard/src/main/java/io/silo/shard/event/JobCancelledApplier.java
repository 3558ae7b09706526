package io.silo.shard.event;

import io.silo.protocol.event.JobCancelledDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** JobCancelled: a job that waited will not run. */
final class JobCancelledApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobCancelledDecoder decoder = new JobCancelledDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.jobEnded(slot, place.position(), place.timeMs(), JobState.CANCELLED);
        }
    }
}
