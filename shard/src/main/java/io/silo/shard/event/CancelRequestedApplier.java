package io.silo.shard.event;

import io.silo.protocol.event.CancelRequestedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** CancelRequested: the worker of a running job is to stop. */
final class CancelRequestedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CancelRequestedDecoder decoder = new CancelRequestedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.cancelRequested(slot, place.position(), place.timeMs());
        }
    }
}
