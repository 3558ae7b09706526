package io.silo.shard.event;

import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** BulkStarted: a bulk change is under way, or (image) is as it was. */
final class BulkStartedApplier implements EventApplier {
    private final BulkStarts starts = new BulkStarts();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        state.planChanges().bulkStarted(starts.read(buffer, offset), place.position());
    }
}
