package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.ScheduleFiredDecoder;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** ScheduleFired: one firing is over. */
final class ScheduleFiredApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ScheduleFiredDecoder decoder = new ScheduleFiredDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final @Nullable Schedule schedule = KnownSchedule.find(state, place, decoder.scheduleKey());
        if (schedule != null) {
            state.planChanges().scheduleFired(schedule, decoder.nominalMs(), decoder.nextFireMs());
        }
    }
}
