package io.silo.client;

import io.silo.protocol.Xxh64;
import io.silo.protocol.reply.HelloReplyDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The server's shards and limits, as its last HelloReply told. Immutable; any thread. */
final class ShardMap {
    /**
     * Whom a command addresses.
     *
     * @param thread shard thread.
     * @param shard number on the node; {@link #SHARD_THREAD} for the thread itself.
     * @param shardEpoch that the client believes in; 0 = does not know.
     */
    record Target(int thread, int shard, long shardEpoch) {
        static final int SHARD_THREAD = -1;
    }

    private record Range(UUID id, long first, long last, Target target) {}

    private final List<Range> ranges;
    private final int threadCount;
    private final int inlineBytesMax;
    private final int payloadBytesMax;
    private final String serverVersion;

    private ShardMap(List<Range> ranges, int inlineBytesMax, int payloadBytesMax, String serverVersion) {
        this.ranges = ranges;
        this.inlineBytesMax = inlineBytesMax;
        this.payloadBytesMax = payloadBytesMax;
        this.serverVersion = serverVersion;
        int threads = 1;
        for (final Range range : ranges) {
            threads = Math.max(threads, range.target.thread + 1);
        }
        this.threadCount = threads;
    }

    static ShardMap of(HelloReplyDecoder reply) {
        final List<Range> ranges = new ArrayList<>();
        final int inlineBytesMax = (int) reply.inlineBytesMax();
        final int payloadBytesMax = (int) reply.payloadBytesMax();
        for (final HelloReplyDecoder.ShardsDecoder shard : reply.shards()) {
            ranges.add(new Range(
                    new UUID(shard.idHigh(), shard.idLow()),
                    shard.rangeFirst(),
                    shard.rangeLast(),
                    new Target(shard.thread(), shard.shard(), shard.shardEpoch())));
        }
        return new ShardMap(ranges, inlineBytesMax, payloadBytesMax, reply.serverVersion());
    }

    /** Hash of a tenant, by which it belongs to a shard. */
    static long hash(String tenant) {
        final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
        return Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /** The shard that holds a hash, or null if the node has none. */
    @Nullable
    Target target(long hash) {
        for (final Range range : ranges) {
            if (Long.compareUnsigned(hash, range.first) >= 0 && Long.compareUnsigned(hash, range.last) <= 0) {
                return range.target;
            }
        }
        return null;
    }

    /** Every shard of the node. */
    List<Target> targets() {
        return ranges.stream().map(Range::target).toList();
    }

    /** Every shard of the node, as who reads shard by shard names them. */
    List<JobScans.ShardRef> shards() {
        return ranges.stream()
                .map(range -> new JobScans.ShardRef(range.id, range.first))
                .toList();
    }

    int threadCount() {
        return threadCount;
    }

    int inlineBytesMax() {
        return inlineBytesMax;
    }

    int payloadBytesMax() {
        return payloadBytesMax;
    }

    String serverVersion() {
        return serverVersion;
    }
}
