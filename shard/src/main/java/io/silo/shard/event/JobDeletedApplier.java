package io.silo.shard.event;

import io.silo.protocol.event.JobDeletedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** JobDeleted: an ended job is gone. Creates the memory of its request, which stands for itself in a trimmed log. */
final class JobDeletedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobDeletedDecoder decoder = new JobDeletedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        // [SILO-DEL-2]
        if (slot != RowSlab.NULL_SLOT) {
            state.jobDeleted(slot);
        }
        state.requestRemembered(
                decoder.requestIdHigh(),
                decoder.requestIdLow(),
                decoder.jobKey(),
                decoder.jobIdHash(),
                place.timeMs(),
                place.position());
    }
}
