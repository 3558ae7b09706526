package io.silo.shard.event;

import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.shard.state.Invariant;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** JobEnqueued: a job comes to be, SCHEDULED. */
final class JobEnqueuedApplier implements EventApplier {
    private final JobDefinition definition = new JobDefinition();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        final JobEnqueuedDecoder decoder = definition.wrap(buffer, offset);
        Invariant.check(state.jobs().findByKey(decoder.jobKey()) == RowSlab.NULL_SLOT, "job key used twice");
        final int slot = definition.insert(state, buffer);
        state.jobPlaced(slot, place.position(), place.offset(), place.length());
        state.jobChunked(slot, decoder.chunkFirstPosition());
        // [SILO-ENQ-2]
        state.jobScheduled(slot, place.timeMs(), decoder.startAtMs(), place.timeMs());
    }
}
