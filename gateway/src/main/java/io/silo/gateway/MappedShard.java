package io.silo.gateway;

import java.util.UUID;

/**
 * A shard of the map, wherever it is: what clients are told of it. Immutable; any thread.
 *
 * @param id of the shard map.
 * @param rangeFirst lowest hash of a tenant in it, unsigned.
 * @param rangeLast highest, unsigned.
 * @param ownerNode id of the node that owns it by the map, whether it has opened it or not; empty = nobody does.
 * @param ownerAddress where clients reach that node over gRPC, as host:port; empty = not known, or the gateway's own node, which knows where
 *     it is reached.
 */
public record MappedShard(UUID id, long rangeFirst, long rangeLast, String ownerNode, String ownerAddress) {}
