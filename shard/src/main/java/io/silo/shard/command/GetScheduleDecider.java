package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetScheduleDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.reply.CatchUp;
import io.silo.protocol.reply.PayloadEncoding;
import io.silo.protocol.reply.ScheduleReplyEncoder;
import io.silo.shard.schedule.FiringTimes;
import io.silo.shard.state.Schedule;
import org.agrona.DirectBuffer;

/** GetSchedule: one schedule, and when it fires next. */
final class GetScheduleDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetScheduleDecoder command = new GetScheduleDecoder();
    private final ScheduleReplyEncoder reply = new ScheduleReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + GetScheduleDecoder.tenantHeaderLength();
        command.skipTenant();
        final int idLength = command.scheduleIdLength();
        final int idOffset = command.limit() + GetScheduleDecoder.scheduleIdHeaderLength();
        RejectReason refusal = ScheduleNames.refusal(context, buffer, tenantOffset, tenantLength, idOffset, idLength);
        if (refusal == null && command.firings() > Bounds.FIRINGS_MAX) {
            refusal = RejectReason.INVALID_LIMIT;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        context.touchAll();
        final Schedule schedule = ScheduleNames.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength);
        if (schedule == null) {
            context.reject(RejectReason.SCHEDULE_NOT_FOUND);
            return;
        }
        encode(context, schedule, schedule.job());
        context.replied(reply.limit());
    }

    private void encode(CommandContext context, Schedule schedule, JobEnqueuedDecoder job) {
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .nextFireMs(schedule.isPaused() ? FiringTimes.NEVER : schedule.nextFireMs())
                .lastFireMs(schedule.lastFireMs())
                .intervalMs(schedule.spec().intervalMs())
                .firstAtMs(schedule.spec().firstAtMs())
                .startWithinMs(schedule.spec().startWithinMs())
                .retryInitialIntervalMs(job.retryInitialIntervalMs())
                .retryMaxIntervalMs(job.retryMaxIntervalMs())
                .retryCount(job.retryCount())
                .retryBackoffPermille(job.retryBackoffPermille())
                .leaseMs(job.leaseMs())
                .maxRunMs(job.maxRunMs())
                .priority(job.priority())
                .retryJitter(job.retryJitter())
                .payloadEncoding(PayloadEncoding.get(job.payloadEncodingRaw()))
                .catchUp(CatchUp.get(schedule.spec().catchUp().value()))
                .paused((short) (schedule.isPaused() ? 1 : 0));
        encodeFirings(schedule);
        // Metadata, names and payload have one layout in both.
        final DirectBuffer template = schedule.template();
        final int names = template.capacity() - job.limit();
        context.reply().putBytes(reply.limit(), template, job.limit(), names);
        reply.limit(reply.limit() + names);
        reply.cron(schedule.spec().cron()).zone(schedule.spec().zone());
    }

    private void encodeFirings(Schedule schedule) {
        final ScheduleReplyEncoder.FiringsEncoder firings = reply.firingsCount(command.firings());
        long at = schedule.isPaused() ? FiringTimes.NEVER : schedule.nextFireMs();
        for (int i = 0; i < command.firings() && at != FiringTimes.NEVER; i++) {
            firings.next().atMs(at);
            at = schedule.times().nextAfter(at);
        }
        firings.resetCountToIndex();
    }
}
