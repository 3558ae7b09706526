package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** TaskLeased: a worker has the task; its token is the event's place. */
final class TaskLeasedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final TaskLeasedDecoder decoder = new TaskLeasedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        final int workerLength = decoder.workerIdLength();
        state.taskLeased(
                slot,
                place.position(),
                place.shardEpoch(),
                place.token(),
                place.timeMs(),
                (int) decoder.leaseMs(),
                decoder.requestIdHigh(),
                decoder.requestIdLow(),
                buffer,
                decoder.limit() + TaskLeasedDecoder.workerIdHeaderLength(),
                workerLength);
        state.limitChanges().held(slot, decoder.heldLimits());
    }
}
