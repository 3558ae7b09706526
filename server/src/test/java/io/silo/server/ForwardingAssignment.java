package io.silo.server;

import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardAssignment;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.ShardOwnership;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asks another map for everything: what a test overrides parts of. */
abstract class ForwardingAssignment implements ShardAssignment {
    final ShardAssignment own;

    ForwardingAssignment(ShardAssignment own) {
        this.own = own;
    }

    @Override
    public @Nullable NodeAddress owner(UUID shardId) {
        return own.owner(shardId);
    }

    @Override
    public ShardMap shardMap() {
        return own.shardMap();
    }

    @Override
    public ShardOwnership claim(UUID shardId) {
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
