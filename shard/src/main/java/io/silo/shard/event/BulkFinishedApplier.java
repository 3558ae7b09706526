package io.silo.shard.event;

import io.silo.protocol.event.BulkFinishedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.BulkChange;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** BulkFinished: every job was looked at. */
final class BulkFinishedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final BulkFinishedDecoder decoder = new BulkFinishedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final @Nullable BulkChange bulk = KnownBulk.find(state, place, decoder.bulkKey());
        if (bulk != null) {
            state.planChanges().bulkFinished(bulk, decoder.changed(), decoder.skipped(), place.timeMs());
        }
    }
}
