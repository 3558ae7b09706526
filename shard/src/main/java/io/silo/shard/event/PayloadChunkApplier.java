package io.silo.shard.event;

import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** PayloadChunk: bytes that a later event names; uploads under way are volatile, so nothing in the state changes. */
final class PayloadChunkApplier implements EventApplier {
    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {}
}
