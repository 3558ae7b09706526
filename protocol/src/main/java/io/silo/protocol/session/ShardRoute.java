package io.silo.protocol.session;

/**
 * A shard of the node as a client learns of it.
 *
 * @param shard number of the shard on its node.
 * @param thread shard thread that owns it, from 0.
 * @param rangeFirst first XXH64 hash of its tenants, unsigned, inclusive.
 * @param rangeLast last XXH64 hash of its tenants, unsigned, inclusive.
 * @param shardEpoch current fencing number.
 * @param idHigh upper half of its lasting id.
 * @param idLow lower half.
 */
public record ShardRoute(
        int shard, int thread, long rangeFirst, long rangeLast, long shardEpoch, long idHigh, long idLow) {
    /** Whether a tenant with this hash belongs to the shard. */
    public boolean holds(long hash) {
        return Long.compareUnsigned(hash, rangeFirst) >= 0 && Long.compareUnsigned(hash, rangeLast) <= 0;
    }
}
