package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.RateBucketDroppedDecoder;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** RateBucketDropped: the bucket is full, and so not kept. */
final class RateBucketDroppedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RateBucketDroppedDecoder decoder = new RateBucketDroppedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = decoder.tenantLength();
        final int tenantOffset = decoder.limit() + RateBucketDroppedDecoder.tenantHeaderLength();
        decoder.skipTenant();
        final int nameLength = decoder.nameLength();
        final int nameOffset = decoder.limit() + RateBucketDroppedDecoder.nameHeaderLength();
        decoder.skipName();
        final int keyLength = decoder.keyLength();
        final int keyOffset = decoder.limit() + RateBucketDroppedDecoder.keyHeaderLength();
        state.limitChanges()
                .of(buffer, nameOffset, nameLength, buffer, keyOffset, keyLength)
                .bucketDropped(buffer, tenantOffset, tenantLength);
    }
}
