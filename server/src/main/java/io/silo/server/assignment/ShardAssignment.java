package io.silo.server.assignment;

import java.util.UUID;

/**
 * The port to whoever decides which node owns which shard: a single node's own file, or etcd. Ownership is decided by a claim,
 * never by a notice. One thread.
 */
public interface ShardAssignment {
    /** The map in force. */
    ShardMap shardMap();

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
     */
    void onOpened(UUID shardId, long shardEpoch);
}
