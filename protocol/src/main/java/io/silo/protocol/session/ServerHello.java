package io.silo.protocol.session;

import java.util.List;
import java.util.function.Supplier;

/**
 * What a server says of itself in a HelloReply.
 *
 * @param serverVersion for people.
 * @param leaseMs default length of a task lease in milliseconds.
 * @param inlineBytesMax payloads and results up to this travel inside their command.
 * @param payloadBytesMax largest payload or result.
 * @param routes the node's shards; asked at each Hello, on the shard thread, at most 1,024 of them; must not wait.
 */
public record ServerHello(
        String serverVersion,
        int leaseMs,
        int inlineBytesMax,
        int payloadBytesMax,
        Supplier<List<ShardRoute>> routes) {}
