package io.silo.shard.event;

import io.silo.protocol.event.CarriedThroughDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** CarriedThrough: the singletons of the state, for a log that was trimmed before it. */
final class CarriedThroughApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CarriedThroughDecoder decoder = new CarriedThroughDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        state.carriedThrough(decoder.nextArrival(), decoder.lastTimeMs());
    }
}
