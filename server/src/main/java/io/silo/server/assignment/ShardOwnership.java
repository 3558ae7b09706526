package io.silo.server.assignment;

import java.util.UUID;

/**
 * The right to open a shard's log. Immutable; any thread.
 *
 * @param shardId the shard.
 * @param epochFloor highest epoch under which any owner opened the log, 0 = never: the log must know it, and open above it.
 */
public record ShardOwnership(UUID shardId, long epochFloor) {}
