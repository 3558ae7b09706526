package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.PauseSchedulesDecoder;
import io.silo.protocol.command.PauseSchedulesDecoder.ItemsDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.ScheduleDeletedEncoder;
import io.silo.protocol.event.SchedulePausedEncoder;
import io.silo.protocol.reply.SchedulesChangedReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.schedule.FiringTimes;
import io.silo.shard.state.Schedule;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** PauseSchedules, ResumeSchedules and DeleteSchedules, which have one layout: one change for each schedule named. */
final class SchedulesDecider implements CommandDecider {
    /** What is done. */
    enum Change {
        PAUSE,
        RESUME,
        DELETE
    }

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final PauseSchedulesDecoder command = new PauseSchedulesDecoder();
    private final SchedulesChangedReplyEncoder reply = new SchedulesChangedReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final SchedulePausedEncoder paused = new SchedulePausedEncoder();
    private final ScheduleDeletedEncoder deleted = new ScheduleDeletedEncoder();
    private final Change change;

    SchedulesDecider(Change change) {
        this.change = change;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        header.wrap(buffer, offset);
        command.wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH, header.blockLength(), header.version());
        final ItemsDecoder items = command.items();
        if (items.count() > Bounds.BATCH_ITEMS_MAX) {
            context.reject(RejectReason.BATCH_TOO_LARGE);
            return;
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final SchedulesChangedReplyEncoder.ResultsEncoder results = reply.resultsCount(items.count());
        while (items.hasNext()) {
            items.next();
            final int tenantLength = items.tenantLength();
            final int tenantOffset = command.limit() + ItemsDecoder.tenantHeaderLength();
            items.skipTenant();
            final int idLength = items.scheduleIdLength();
            final int idOffset = command.limit() + ItemsDecoder.scheduleIdHeaderLength();
            items.skipScheduleId();
            final RejectReason refusal =
                    ScheduleNames.refusal(context, buffer, tenantOffset, tenantLength, idOffset, idLength);
            if (refusal != null) {
                results.next().nextFireMs(FiringTimes.NEVER).code(refusal.code());
            } else {
                decideSchedule(
                        context,
                        ScheduleNames.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength),
                        results.next());
            }
        }
        context.replied(reply.limit());
    }

    private void decideSchedule(
            CommandContext context, @Nullable Schedule schedule, SchedulesChangedReplyEncoder.ResultsEncoder result) {
        if (schedule == null) {
            context.touchAll();
            final boolean isFine = change == Change.DELETE;
            result.nextFireMs(FiringTimes.NEVER)
                    .code(isFine ? RejectReason.OK : RejectReason.SCHEDULE_NOT_FOUND.code());
            return;
        }
        final RecordBuffer record = context.record();
        long nextFireMs = FiringTimes.NEVER;
        if (change == Change.DELETE) {
            deleted.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                    .scheduleKey(schedule.key());
            record.commit(deleted.limit());
        } else {
            final boolean pauses = change == Change.PAUSE;
            // What a paused schedule would have fired is left out: it goes on from now.
            nextFireMs =
                    schedule.isPaused() || pauses ? schedule.times().nextAfter(context.nowMs()) : schedule.nextFireMs();
            if (pauses == schedule.isPaused()) {
                // As it is already; its last change may not be durable yet.
                context.touchAll();
            } else {
                paused.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                        .scheduleKey(schedule.key())
                        .nextFireMs(nextFireMs)
                        .paused((short) (pauses ? 1 : 0));
                record.commit(paused.limit());
            }
        }
        result.nextFireMs(change == Change.RESUME ? nextFireMs : FiringTimes.NEVER)
                .code(RejectReason.OK);
    }
}
