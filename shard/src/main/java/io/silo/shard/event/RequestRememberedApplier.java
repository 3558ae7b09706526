package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.RequestRememberedDecoder;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** RequestRemembered: the image of what a JobDeleted event left behind. */
final class RequestRememberedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RequestRememberedDecoder decoder = new RequestRememberedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        state.requestRemembered(
                decoder.requestIdHigh(),
                decoder.requestIdLow(),
                decoder.jobKey(),
                decoder.jobIdHash(),
                decoder.removedAtMs(),
                place.position());
    }
}
