package io.silo.shard.state;

import io.silo.protocol.limit.RateLimitDecoder;
import org.agrona.DirectBuffer;

/** What events do to limits; called by appliers only. Shard thread only; does not allocate in steady state. */
public final class LimitChanges {
    private final JobTable jobs;
    private final LimitTable limits;
    private final LimitLines lines;
    private final RateBuckets buckets;
    private final NameTable tenants;
    private int keyLength;

    LimitChanges(JobTable jobs, LimitTable limits, LimitLines lines, RateBuckets buckets, NameTable tenants) {
        this.jobs = jobs;
        this.limits = limits;
        this.lines = lines;
        this.buckets = buckets;
        this.tenants = tenants;
    }

    /** The job may run only while fewer than {@code max} others of its tenant that name this key do. */
    public void jobLimit(int slot, DirectBuffer key, int keyOffset, int keyBytes, int max) {
        addClaim(slot, key, keyOffset, keyBytes, max, false);
    }

    /** As {@link #jobLimit(int, DirectBuffer, int, int, int)}, until workers found another maximum out. */
    public void jobFloatingLimit(int slot, DirectBuffer key, int keyOffset, int keyBytes, int max) {
        addClaim(slot, key, keyOffset, keyBytes, max, true);
    }

    private void addClaim(int slot, DirectBuffer key, int keyOffset, int keyBytes, int max, boolean isFloating) {
        final int first = jobs.firstClaim(slot);
        final int tenant = jobs.tenant(slot);
        jobs.firstClaim(slot, limits.addClaim(first, slot, tenant, key, keyOffset, keyBytes, max, isFloating));
    }

    /**
     * The lease of a RUNNING job takes slots of its limits, until it ends.
     *
     * @param bits of the limits, by place.
     */
    public void held(int slot, int bits) {
        if (bits != 0) {
            limits.hold(jobs.firstClaim(slot), bits);
        }
    }

    /** The lease of a RUNNING job goes on and holds no more than these slots. */
    public void slotsDropped(int slot, long position, int heldBits) {
        jobs.begin(slot);
        // [SILO-DROP-1]
        lines.giveBack(slot, heldBits);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
    }

    /** Names the bucket that the next call speaks of. */
    public LimitChanges of(
            DirectBuffer name, int nameOffset, int nameLength, DirectBuffer key, int keyOffset, int keyBytes) {
        keyLength = buckets.buildKey(name, nameOffset, nameLength, key, keyOffset, keyBytes);
        return this;
    }

    /** Each start of the job takes hits from the bucket, by these terms. */
    public void jobLimit(int slot, RateLimitDecoder terms) {
        final int first = jobs.firstClaim(slot);
        jobs.firstClaim(slot, limits.addRateClaim(first, slot, jobs.tenant(slot), buckets.key(), keyLength, terms));
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
