package io.silo.shard.event;

import io.silo.protocol.event.AttemptCancelledDecoder;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** AttemptCancelled: the worker says that the job was called off, or that was asked for and the lease ended otherwise. */
final class AttemptCancelledApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final AttemptCancelledDecoder decoder = new AttemptCancelledDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot != RowSlab.NULL_SLOT) {
            state.liveBytes().attemptEnded(slot, decoder.attempt(), 0);
            // [SILO-CXL-ACK]
            state.attemptEnded(
                    slot,
                    place.position(),
                    place.timeMs(),
                    decoder.leaseEnd() == LeaseEnd.REPORTED,
                    JobState.CANCELLED);
        }
    }
}
