package io.silo.server;

import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardAssignment;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.ShardOwnership;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The map of a node with one shard of another: what a coordinator of two nodes tells one of them. */
record TwoNodes(ShardAssignment own, int placeOfOther, NodeAddress other) implements ShardAssignment {
    @Override
    public ShardMap shardMap() {
        return own.shardMap();
    }

    @Override
    public @Nullable NodeAddress owner(UUID shardId) {
        return shardMap().shards().get(placeOfOther).id().equals(shardId) ? other : own.owner(shardId);
    }

    @Override
    public ShardOwnership claim(UUID shardId) {
        if (other.equals(owner(shardId))) {
            throw new IllegalStateException("shard " + shardId + " is another node's");
        }
        return own.claim(shardId);
    }

    @Override
    public void onOpened(UUID shardId, long shardEpoch, long nowMs) {
        own.onOpened(shardId, shardEpoch, nowMs);
    }

    @Override
    public void beginEmptying(Map<UUID, Long> epochFloors) {
        own.beginEmptying(epochFloors);
    }

    @Override
    public void onEmptied(Set<UUID> shardIds) {
        own.onEmptied(shardIds);
    }
}
