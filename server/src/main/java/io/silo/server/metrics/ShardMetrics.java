package io.silo.server.metrics;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one shard shows to the outside: plain numbers that its thread writes with release stores, and that any thread may read
 * a moment later. Nothing here waits, locks or allocates.
 */
@SuppressWarnings("EnumOrdinal") // The array is indexed by the enum and never leaves the process.
public final class ShardMetrics {
    /** Upper bounds of the sync histogram in µs: from a fast NVMe's sync to a disk in trouble. */
    private static final long[] SYNC_BOUNDS_US = {
        50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000
    };

    private final String shard;
    private final AtomicLongArray values = new AtomicLongArray(ShardMetric.values().length);
    private final AtomicLongArray syncBuckets = new AtomicLongArray(SYNC_BOUNDS_US.length + 1);
    private final AtomicLongArray syncSumNs = new AtomicLongArray(1);

    /**
     * @param shard value of the label {@code shard}.
     */
    public ShardMetrics(String shard) {
        this.shard = shard;
    }

    /** Value of the label {@code shard}. */
    public String shard() {
        return shard;
    }

    /** Shows a new value. Shard thread only. */
    public void set(ShardMetric metric, long value) {
        values.lazySet(metric.ordinal(), value);
    }

    /** The value shown last. Any thread. */
    public long value(ShardMetric metric) {
        return values.get(metric.ordinal());
    }

    /** Counts a sync that took {@code durationNs}. Shard thread only. */
    public void recordSync(long durationNs) {
        final long us = durationNs / 1_000;
        int bucket = 0;
        while (bucket < SYNC_BOUNDS_US.length && us > SYNC_BOUNDS_US[bucket]) {
            bucket++;
        }
        // One writer: a plain read and a release store lose nothing.
        syncBuckets.lazySet(bucket, syncBuckets.getPlain(bucket) + 1);
        syncSumNs.lazySet(0, syncSumNs.getPlain(0) + durationNs);
    }

    static long[] syncBoundsUs() {
        return SYNC_BOUNDS_US.clone();
    }

    /** Syncs by bucket, the last one unbounded. Any thread. */
    long[] syncCounts() {
        final long[] counts = new long[syncBuckets.length()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = syncBuckets.get(i);
        }
        return counts;
    }

    /** Time of all syncs together. Any thread. */
    long syncSumNs() {
        return syncSumNs.get(0);
    }
}
