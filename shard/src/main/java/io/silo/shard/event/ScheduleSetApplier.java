package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.ScheduleSetDecoder;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** ScheduleSet: a schedule as the event says it is, be it new, changed or an image. */
final class ScheduleSetApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ScheduleSetDecoder decoder = new ScheduleSetDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final String cron = decoder.cron();
        final String zone = decoder.zone();
        final byte[] template = new byte[decoder.jobTemplateLength()];
        decoder.getJobTemplate(template, 0, template.length);
        final Schedule.Spec spec = new Schedule.Spec(
                decoder.intervalMs(), decoder.firstAtMs(), decoder.startWithinMs(), decoder.catchUp(), cron, zone);
        final Schedule.Image image = new Schedule.Image(
                decoder.scheduleKey(),
                spec,
                template,
                decoder.nextFireMs(),
                decoder.lastFireMs(),
                decoder.paused() != 0);
        state.planChanges().scheduleSet(image, place.position());
    }
}
