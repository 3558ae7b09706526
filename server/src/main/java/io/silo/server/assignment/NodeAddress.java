package io.silo.server.assignment;

import java.util.UUID;

/**
 * A node and where clients reach it. Immutable; any thread.
 *
 * @param nodeId for ever, as its data directory has it.
 * @param grpcAddress host:port as the node told the others; empty = it told none, or it is this node, whose gateway knows.
 */
public record NodeAddress(UUID nodeId, String grpcAddress) {}
