package io.silo.shard.event;

import io.silo.protocol.event.JobRestartedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** JobRestarted: an ended job is scheduled anew. */
final class JobRestartedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobRestartedDecoder decoder = new JobRestartedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.jobRestarted(slot, place.position(), place.timeMs(), (int) decoder.attempt(), decoder.startMs());
        }
    }
}
