package io.silo.shard.state;

import io.silo.protocol.limit.RateLimitDecoder;
import org.agrona.DirectBuffer;

/** What events do to rate limits; called by appliers only. Shard thread only; does not allocate in steady state. */
public final class RateChanges {
    private final JobTable jobs;
    private final RateBuckets buckets;
    private final NameTable tenants;
    private int keyLength;

    RateChanges(JobTable jobs, RateBuckets buckets, NameTable tenants) {
        this.jobs = jobs;
        this.buckets = buckets;
        this.tenants = tenants;
    }

    /** Names the bucket that the next call speaks of. */
    public RateChanges of(
            DirectBuffer name, int nameOffset, int nameLength, DirectBuffer key, int keyOffset, int keyBytes) {
        keyLength = buckets.buildKey(name, nameOffset, nameLength, key, keyOffset, keyBytes);
        return this;
    }

    /** Each start of the job takes hits from the bucket, by these terms. */
    public void jobLimit(int slot, RateLimitDecoder terms) {
        jobs.addRateLimit(slot, buckets.key(), keyLength, terms);
    }

    /** What the bucket holds. */
    public void bucketSet(DirectBuffer tenant, int tenantOffset, int tenantLength, RateBucket bucket, long position) {
        final int number = tenants.acquire(tenant, tenantOffset, tenantLength);
        Invariant.check(number >= 0, "name table overflow");
        buckets.set(number, buckets.key(), keyLength, bucket, position);
    }

    /** The bucket is full; one that is not known is. */
    public void bucketDropped(DirectBuffer tenant, int tenantOffset, int tenantLength) {
        final int number = tenants.find(tenant, tenantOffset, tenantLength);
        final int limit = number < 0 ? RowSlab.NULL_SLOT : buckets.find(number, buckets.key(), keyLength);
        if (limit != RowSlab.NULL_SLOT) {
            buckets.drop(limit);
        }
    }
}
