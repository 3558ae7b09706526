package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.PutScheduleDecoder;
import io.silo.protocol.event.CatchUp;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.ScheduleSetEncoder;
import io.silo.protocol.reply.SchedulesChangedReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.schedule.FiringTimes;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ScheduleTable;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** PutSchedule: ScheduleSet, for a new schedule or in place of the one with its id. Allocates: schedules are not the hot path. */
final class PutScheduleDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final PutScheduleDecoder command = new PutScheduleDecoder();
    private final SchedulesChangedReplyEncoder reply = new SchedulesChangedReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final MessageHeaderEncoder templateHeader = new MessageHeaderEncoder();
    private final ScheduleSetEncoder event = new ScheduleSetEncoder();
    private final JobEnqueuedEncoder template = new JobEnqueuedEncoder();
    private final JobSpec spec = new JobSpec();
    private String cron = "";
    private String zone = "";
    private long nextFireMs;
    private long firstAtMs;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        spec.set(command);
        command.limit(spec.names(buffer, command.limit()));
        final boolean isCronShort = command.cronLength() <= Bounds.CRON_BYTES_MAX;
        cron = command.cron();
        zone = command.zone();
        RejectReason refusal = context.refusalOfNewWork();
        refusal = refusal != null ? refusal : refusal(context, buffer, isCronShort);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final ScheduleTable schedules = context.view().schedules();
        final Schedule existing =
                ScheduleNames.find(context, buffer, spec.tenantOffset, spec.tenantLength, spec.idOffset, spec.idLength);
        if (existing != null && command.createOnly() != 0) {
            context.touch(existing.position());
            context.reject(RejectReason.SCHEDULE_EXISTS);
            return;
        }
        if (existing == null && !schedules.hasRoom(length)) {
            context.reject(RejectReason.TOO_MANY_SCHEDULES);
            return;
        }
        write(context, buffer, existing);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .resultsCount(1)
                .next()
                .nextFireMs(command.paused() != 0 ? FiringTimes.NEVER : nextFireMs)
                .code(RejectReason.OK);
        context.replied(reply.limit());
    }

    /** Checks in the order of {@link RejectReason}. */
    private @Nullable RejectReason refusal(CommandContext context, DirectBuffer buffer, boolean isCronShort) {
        RejectReason refusal = spec.refusal(context, buffer);
        refusal = refusal != null ? refusal : spec.uniqueKeyRefusal(buffer);
        refusal = refusal != null ? refusal : ScheduleNames.idRefusal(buffer, spec.idOffset, spec.idLength);
        if (refusal != null) {
            return refusal;
        }
        firstAtMs = command.firstAtMs() == 0 ? context.nowMs() : command.firstAtMs();
        final boolean isInterval = command.intervalMs() != 0;
        if (isInterval != cron.isEmpty()
                || !isCronShort
                || (isInterval
                        && (command.intervalMs() < Bounds.SCHEDULE_INTERVAL_MS_MIN
                                || command.intervalMs() > Bounds.RETRY_INTERVAL_MS_MAX))
                || firstAtMs < 0
                || firstAtMs > Bounds.START_AT_MS_MAX
                || command.startWithinMs() < 0
                || command.startWithinMs() > Bounds.RETRY_INTERVAL_MS_MAX
                || command.catchUpRaw() > CatchUp.ALL.value()) {
            return RejectReason.INVALID_SCHEDULE;
        }
        try {
            final FiringTimes times = FiringTimes.of(command.intervalMs(), firstAtMs, cron, zone);
            nextFireMs = times.nextAfter(context.nowMs() - 1);
        } catch (IllegalArgumentException e) {
            return FiringTimes.isZone(zone) ? RejectReason.INVALID_SCHEDULE : RejectReason.INVALID_TIME_ZONE;
        }
        return nextFireMs == FiringTimes.NEVER ? RejectReason.INVALID_SCHEDULE : spec.limitRefusal();
    }

    private void write(CommandContext context, DirectBuffer buffer, @Nullable Schedule existing) {
        final RecordBuffer record = context.record();
        final long key = existing == null ? context.view().nextJobKey() : existing.key();
        event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .scheduleKey(key)
                .intervalMs(command.intervalMs())
                .firstAtMs(firstAtMs)
                .startWithinMs(command.startWithinMs())
                .nextFireMs(nextFireMs)
                .lastFireMs(existing == null ? FiringTimes.NEVER : existing.lastFireMs())
                .catchUp(CatchUp.get(command.catchUpRaw()))
                .paused((short) (command.paused() != 0 ? 1 : 0))
                .cron(cron)
                .zone(zone);
        final int at = event.limit() + ScheduleSetEncoder.jobTemplateHeaderLength();
        template.wrapAndApplyHeader(record.buffer(), at, templateHeader);
        final int end = spec.encode(context, template, buffer, key, null);
        record.buffer().putInt(event.limit(), end - at, ByteOrder.LITTLE_ENDIAN);
        record.commit(end);
    }
}
