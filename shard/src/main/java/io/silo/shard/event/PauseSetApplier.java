package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.PauseSetDecoder;
import io.silo.shard.state.Pauses;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** PauseSet: the tasks of a group or tenant wait, or go on. */
final class PauseSetApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final PauseSetDecoder decoder = new PauseSetDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final Pauses.Kind kind = Pauses.Kind.values()[decoder.kindRaw()];
        state.settingChanges()
                .pauseSet(new Pauses.Pause(kind, decoder.name()), decoder.paused() != 0, place.position());
    }
}
