package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.SlotsDroppedDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** SlotsDropped: a lease goes on and holds fewer slots, or none. */
final class SlotsDroppedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SlotsDroppedDecoder decoder = new SlotsDroppedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            // [SILO-DROP-2] The lease is not touched.
            state.limitChanges().slotsDropped(slot, place.position(), decoder.heldLimits());
        }
    }
}
