package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.ScheduleDeletedDecoder;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** ScheduleDeleted: a schedule is gone; its jobs stay. */
final class ScheduleDeletedApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ScheduleDeletedDecoder decoder = new ScheduleDeletedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final @Nullable Schedule schedule = KnownSchedule.find(state, place, decoder.scheduleKey());
        if (schedule != null) {
            state.planChanges().scheduleDeleted(schedule);
        }
    }
}
