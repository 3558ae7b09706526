package io.silo.shard.event;

import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** LeaseReturned: the task waits again under the same attempt number, at once or for a later start. */
public final class LeaseReturnedApplier implements EventApplier {
    /** `nextStartMs` of a task that keeps its start time. */
    public static final long KEEPS_START = -1;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LeaseReturnedDecoder decoder = new LeaseReturnedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.leaseReturned(slot, place.position(), place.timeMs(), decoder.nextStartMs());
        }
    }
}
