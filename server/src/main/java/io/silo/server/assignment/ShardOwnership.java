package io.silo.server.assignment;

import java.util.UUID;

/**
 * The right to open a shard's log. Immutable; any thread.
 *
 * @param shardId the shard.
 * @param epochFloor lowest epoch under which the log may be opened now: above every epoch that any owner had.
 */
public record ShardOwnership(UUID shardId, long epochFloor) {}
