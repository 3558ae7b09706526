package io.silo.server.assignment;

import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The port to whoever decides which node owns which shard: a single node's own file, or etcd. Ownership is decided by a claim,
 * never by a notice. One thread at a time; the map and its owners may
 * be read by any.
 */
public interface ShardAssignment {
    /** The map in force. */
    ShardMap shardMap();

    /**
     * Who owns a shard of the map, whether it has opened it or not; null = nobody. Clients are told of it, and a node opens no shard but its
     * own. Any thread.
     *
     * @throws IllegalArgumentException if the map has no such shard.
     */
    @Nullable
    NodeAddress owner(UUID shardId);

    /**
     * Claims a shard for this node.
     *
     * @return the right to open it; its floor is the highest epoch that was ever opened.
     * @throws IllegalArgumentException if the map has no such shard.
     */
    ShardOwnership claim(UUID shardId);

    /**
     * Notes, durably, under which epoch the log was opened. Called once the log's own opening is durable and before the shard
     * answers; a log that later ends before this epoch has lost something.
     *
     * @param nowMs Unix epoch ms, kept as the shard's creation if this is its first opening.
     */
    void onOpened(UUID shardId, long shardEpoch, long nowMs);

    /**
     * Notes, durably and of all at once, that what these shards hold is to be deleted. From here on they are empty, whenever that is done.
     *
     * @param epochFloors for each shard, no lower than any epoch under which anybody may have known it.
     */
    void beginEmptying(Map<UUID, Long> epochFloors);

    /** Notes, durably, that these shards hold nothing any more. Before one of them is opened. */
    void onEmptied(Set<UUID> shardIds);
}
