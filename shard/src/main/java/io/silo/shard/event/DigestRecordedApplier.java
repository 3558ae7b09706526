package io.silo.shard.event;

import io.silo.protocol.event.DigestRecordedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** DigestRecorded: the state must equal the one that wrote it. */
final class DigestRecordedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DigestRecordedDecoder decoder = new DigestRecordedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        if (place.isLenient()) {
            return;
        }
        decoder.wrapAndApplyHeader(buffer, offset, header);
        if (decoder.digest() != state.digest()
                || decoder.jobCount() != state.jobs().count()) {
            throw new InvariantViolation("replay differs from the state that wrote position " + place.position()
                    + ": digest " + Long.toHexString(state.digest()) + " instead of "
                    + Long.toHexString(decoder.digest()) + ", jobs "
                    + state.jobs().count() + " instead of "
                    + decoder.jobCount());
        }
    }
}
