package io.silo.shard.event;

import io.silo.protocol.event.BulkProgressedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.BulkChange;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** BulkProgressed: a slice of a bulk change is done. */
final class BulkProgressedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final BulkProgressedDecoder decoder = new BulkProgressedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final @Nullable BulkChange bulk = KnownBulk.find(state, place, decoder.bulkKey());
        if (bulk != null) {
            state.planChanges().bulkProgressed(bulk, decoder.changed());
        }
    }
}
