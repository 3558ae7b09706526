package io.silo.server.data;

import java.util.UUID;

/**
 * Whose data this is: {@code identity.json}, written once. Immutable; any thread.
 *
 * @param clusterId the cluster, for ever.
 * @param nodeId this node, for ever: ownership of shards is bound to it.
 */
public record ServerIdentity(UUID clusterId, UUID nodeId) {}
