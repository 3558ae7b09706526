package io.silo.server;

import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardAssignment;
import io.silo.server.assignment.ShardOwnership;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The map of a node with one shard of another: what a coordinator of two nodes tells one of them. */
final class TwoNodes extends ForwardingAssignment {
    private final int placeOfOther;
    private final NodeAddress other;

    TwoNodes(ShardAssignment own, int placeOfOther, NodeAddress other) {
        super(own);
        this.placeOfOther = placeOfOther;
        this.other = other;
    }

    @Override
    public @Nullable NodeAddress owner(UUID shardId) {
        return shardMap().shards().get(placeOfOther).id().equals(shardId) ? other : super.owner(shardId);
    }

    @Override
    public ShardOwnership claim(UUID shardId) {
        if (other.equals(owner(shardId))) {
            throw new IllegalStateException("shard " + shardId + " is another node's");
        }
        return super.claim(shardId);
    }
}
