package io.silo.server.assignment;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The shards of a cluster: together their ranges cover the unsigned 64-bit hashes of tenants exactly once, in order.
 * Immutable; any thread.
 */
public record ShardMap(List<Shard> shards) {
    /** Bound on shards of a node: each has a thread slot, a log and two open files. */
    public static final int SHARDS_MAX = 64;

    /**
     * One shard.
     *
     * @param id for ever.
     * @param rangeFirst lowest tenant hash, unsigned, inclusive.
     * @param rangeLast highest tenant hash, unsigned, inclusive.
     * @param epochOpened highest epoch under which its log was opened; 0 = never.
     * @param createdAtMs Unix epoch ms of its first opening; 0 = not yet, or under a release that did not note it.
     * @param isEmptying whether all that its directory holds is to be deleted before it is opened again, above {@code epochOpened}.
     */
    public record Shard(
            UUID id, long rangeFirst, long rangeLast, long epochOpened, long createdAtMs, boolean isEmptying) {
        /** One that was never opened, or by a release that did not note when. */
        public Shard(UUID id, long rangeFirst, long rangeLast, long epochOpened) {
            this(id, rangeFirst, rangeLast, epochOpened, 0, false);
        }

        /** The same shard, with another highest epoch. */
        public Shard withEpochOpened(long epoch) {
            return new Shard(id, rangeFirst, rangeLast, epoch, createdAtMs, isEmptying);
        }

        /** The same shard, opened at a time. */
        Shard opened(long epoch, long nowMs) {
            return new Shard(id, rangeFirst, rangeLast, epoch, epochOpened == 0 ? nowMs : createdAtMs, isEmptying);
        }

        /** The same shard, to be emptied or not. */
        Shard emptying(boolean emptying) {
            return new Shard(id, rangeFirst, rangeLast, epochOpened, createdAtMs, emptying);
        }
    }

    /**
     * @throws IllegalArgumentException if the ranges do not cover the space exactly once, or an id stands twice.
     */
    public ShardMap {
        shards = List.copyOf(shards);
        if (shards.isEmpty() || shards.size() > SHARDS_MAX) {
            throw new IllegalArgumentException("a map has 1 to " + SHARDS_MAX + " shards, not " + shards.size());
        }
        long next = 0;
        for (int i = 0; i < shards.size(); i++) {
            final Shard shard = shards.get(i);
            final boolean last = i == shards.size() - 1;
            if (shard.rangeFirst() != next || Long.compareUnsigned(shard.rangeLast(), shard.rangeFirst()) < 0) {
                throw new IllegalArgumentException("the ranges have a gap or overlap at shard " + shard.id());
            }
            if (last != (shard.rangeLast() == -1L)) {
                throw new IllegalArgumentException("the ranges do not end at the highest hash");
            }
            next = shard.rangeLast() + 1;
        }
        if (shards.stream().map(Shard::id).distinct().count() != shards.size()) {
            throw new IllegalArgumentException("a shard id stands twice");
        }
    }

    /** A new map of {@code count} shards with ranges of equal length, give or take one. */
    public static ShardMap ofEqualRanges(int count, Supplier<UUID> ids) {
        final List<Shard> shards = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            shards.add(new Shard(ids.get(), boundary(i, count), boundary(i + 1, count) - 1, 0));
        }
        return new ShardMap(shards);
    }

    /** i * 2^64 / count, rounded down; 2^64 itself is 0. */
    private static long boundary(int i, int count) {
        return BigInteger.ONE
                .shiftLeft(Long.SIZE)
                .multiply(BigInteger.valueOf(i))
                .divide(BigInteger.valueOf(count))
                .longValue();
    }

    /** Number of the shard whose range holds a tenant's hash. */
    public int shardOf(long tenantHash) {
        int low = 0;
        int high = shards.size() - 1;
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(tenantHash, shards.get(middle).rangeLast()) <= 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
