package io.silo.shard.event;

import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** ShardOpened: says who wrote what follows; nothing in the state changes. */
final class ShardOpenedApplier implements EventApplier {
    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {}
}
