package io.silo.shard.event;

import io.silo.protocol.event.JobExpeditedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** JobExpedited: a waiting job starts at another time. */
final class JobExpeditedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobExpeditedDecoder decoder = new JobExpeditedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.jobExpedited(slot, place.position(), place.timeMs(), decoder.startMs());
        }
    }
}
