package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.SchedulePausedDecoder;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** SchedulePaused: a schedule stands still, or goes on. */
final class SchedulePausedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SchedulePausedDecoder decoder = new SchedulePausedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final @Nullable Schedule schedule = KnownSchedule.find(state, place, decoder.scheduleKey());
        if (schedule != null) {
            state.planChanges().schedulePaused(schedule, decoder.paused() != 0, decoder.nextFireMs());
        }
    }
}
