package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ListSchedulesDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.CatchUp;
import io.silo.protocol.reply.SchedulesReplyEncoder;
import io.silo.shard.schedule.FiringTimes;
import io.silo.shard.state.Schedule;
import org.agrona.DirectBuffer;

/** ListSchedules: a page of schedules by tenant and id. */
final class ListSchedulesDecider implements CommandDecider {
    /** One schedule in the reply with the longest names. */
    private static final int ITEM_BYTES = 64
            + 4 * Bounds.TENANT_CHARACTERS_MAX
            + 4 * Bounds.TASK_GROUP_CHARACTERS_MAX
            + Bounds.SCHEDULE_ID_BYTES_MAX
            + 2 * Bounds.CRON_BYTES_MAX;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ListSchedulesDecoder command = new ListSchedulesDecoder();
    private final SchedulesReplyEncoder reply = new SchedulesReplyEncoder();
    private int left;
    private boolean isLast;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ListSchedulesDecoder.tenantHeaderLength();
        final String named = command.tenant();
        final String afterTenant = command.afterTenant();
        final String afterId = command.afterId();
        RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (refusal == null && (command.pageSize() == 0 || command.pageSize() > Bounds.PAGE_ITEMS_MAX)) {
            refusal = RejectReason.INVALID_LIMIT;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final DirectBuffer scope = context.session().tenantScope();
        final String tenant = named.isEmpty() && scope != null ? ScheduleNames.text(scope, 0, scope.capacity()) : named;
        list(context, tenant, afterTenant, afterId);
    }

    private void list(CommandContext context, String tenant, String afterTenant, String afterId) {
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final SchedulesReplyEncoder.SchedulesEncoder items = reply.schedulesCount(command.pageSize());
        left = command.pageSize();
        isLast = true;
        final boolean isFirstPage = afterTenant.isEmpty() || afterTenant.compareTo(tenant) < 0;
        context.view()
                .schedules()
                .forEachAfter(isFirstPage ? tenant : afterTenant, isFirstPage ? "" : afterId, schedule -> {
                    if (!tenant.isEmpty() && !schedule.tenant().equals(tenant)) {
                        return false;
                    }
                    if (left == 0 || reply.limit() + ITEM_BYTES > Bounds.MESSAGE_BYTES_MAX) {
                        isLast = false;
                        return false;
                    }
                    left--;
                    encode(items.next(), schedule);
                    return true;
                });
        items.resetCountToIndex();
        reply.isLast((short) (isLast ? 1 : 0));
        context.touchAll();
        context.replied(reply.limit());
    }

    private static void encode(SchedulesReplyEncoder.SchedulesEncoder item, Schedule schedule) {
        item.nextFireMs(schedule.isPaused() ? FiringTimes.NEVER : schedule.nextFireMs())
                .lastFireMs(schedule.lastFireMs())
                .intervalMs(schedule.spec().intervalMs())
                .catchUp(CatchUp.get(schedule.spec().catchUp().value()))
                .paused((short) (schedule.isPaused() ? 1 : 0));
        item.tenant(schedule.tenant()).taskGroup(schedule.taskGroup()).scheduleId(schedule.id());
        item.cron(schedule.spec().cron()).zone(schedule.spec().zone());
    }
}
