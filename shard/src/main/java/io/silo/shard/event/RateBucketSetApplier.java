package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.RateBucketSetDecoder;
import io.silo.shard.state.RateBucket;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** RateBucketSet: what is left in a bucket. */
final class RateBucketSetApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RateBucketSetDecoder decoder = new RateBucketSetDecoder();
    private final RateBucket bucket = new RateBucket();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        bucket.set(
                decoder.algorithm() != 0,
                decoder.calendar() != 0,
                decoder.hitsMax(),
                decoder.durationMs(),
                decoder.burst(),
                decoder.remainingMicros(),
                decoder.startMs());
        final int tenantLength = decoder.tenantLength();
        final int tenantOffset = decoder.limit() + RateBucketSetDecoder.tenantHeaderLength();
        decoder.skipTenant();
        final int nameLength = decoder.nameLength();
        final int nameOffset = decoder.limit() + RateBucketSetDecoder.nameHeaderLength();
        decoder.skipName();
        final int keyLength = decoder.keyLength();
        final int keyOffset = decoder.limit() + RateBucketSetDecoder.keyHeaderLength();
        state.limitChanges()
                .of(buffer, nameOffset, nameLength, buffer, keyOffset, keyLength)
                .bucketSet(buffer, tenantOffset, tenantLength, bucket, place.position());
    }
}
