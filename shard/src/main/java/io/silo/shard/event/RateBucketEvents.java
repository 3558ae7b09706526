package io.silo.shard.event;

import io.silo.protocol.Bounds;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.RateBucketDroppedEncoder;
import io.silo.protocol.event.RateBucketSetEncoder;
import io.silo.shard.state.RateBucket;
import io.silo.shard.state.RateView;
import io.silo.shard.state.ShardView;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes the events of buckets: for what is decided, and as images for carry-forward. One per user; does not allocate. */
public final class RateBucketEvents {
    /** The longest of them. */
    public static final int BYTES_MAX =
            96 + 4 * Bounds.TENANT_CHARACTERS_MAX + Bounds.RATE_LIMIT_NAME_BYTES_MAX + Bounds.LIMIT_KEY_BYTES_MAX;

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final RateBucketSetEncoder set = new RateBucketSetEncoder();
    private final RateBucketDroppedEncoder dropped = new RateBucketDroppedEncoder();
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);

    /** The bucket of a limit holds this. */
    public void set(RecordBuffer record, ShardView view, int limit, RateBucket bucket) {
        wrap(view, limit);
        set.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .remainingMicros(bucket.remainingMicros())
                .startMs(bucket.startMs())
                .hitsMax(bucket.hitsMax())
                .durationMs(bucket.durationMs())
                .burst(bucket.burst())
                .algorithm((short) (bucket.isLeaky() ? 1 : 0))
                .calendar((short) (bucket.isCalendar() ? 1 : 0))
                .putTenant(tenant, 0, tenant.capacity())
                .putName(name, 0, name.capacity())
                .putKey(key, 0, key.capacity());
        record.commit(set.limit());
    }

    /** The bucket of a limit is full. */
    public void dropped(RecordBuffer record, ShardView view, int limit) {
        wrap(view, limit);
        dropped.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .putTenant(tenant, 0, tenant.capacity())
                .putName(name, 0, name.capacity())
                .putKey(key, 0, key.capacity());
        record.commit(dropped.limit());
    }

    private void wrap(ShardView view, int limit) {
        final RateView rates = view.rates();
        view.wrapTenant(rates.tenant(limit), tenant);
        rates.wrapName(limit, name);
        rates.wrapKey(limit, key);
    }
}
