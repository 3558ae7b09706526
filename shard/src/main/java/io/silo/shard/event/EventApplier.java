package io.silo.shard.event;

import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/**
 * Applies one event version to the state. Total: never rejects, reads no clock, draws no random number; replay calls it as live work
 * does. Implementations are final, hold nothing but their decoder, and belong to the shard's thread.
 */
public interface EventApplier {
    /**
     * @param place of the event in the log.
     * @param offset of the SBE message header.
     */
    void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset);
}
