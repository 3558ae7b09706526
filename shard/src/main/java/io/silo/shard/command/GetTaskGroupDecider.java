package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetTaskGroupDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.TaskGroupReplyEncoder;
import io.silo.shard.state.Pauses;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;

/**
 * GetTaskGroup: ready tasks and live leases of a group, of the tenants that the session may see. Costs a look at every lease of the
 * shard; ready tasks have a count of their own, but none by tenant.
 */
final class GetTaskGroupDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetTaskGroupDecoder command = new GetTaskGroupDecoder();
    private final TaskGroupReplyEncoder reply = new TaskGroupReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + GetTaskGroupDecoder.tenantHeaderLength();
        command.skipTenant();
        final int groupLength = command.taskGroupLength();
        final int groupOffset = command.limit() + GetTaskGroupDecoder.taskGroupHeaderLength();
        RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        refusal = refusal != null ? refusal : NameChecks.taskGroup(buffer, groupOffset, groupLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final ShardView view = context.view();
        final int group = view.findTaskGroup(buffer, groupOffset, groupLength);
        final int tenant = TenantFilter.resolve(context.session(), view, buffer, tenantOffset, tenantLength);
        final boolean none = group < 0 || tenant == TenantFilter.UNKNOWN;
        context.touchAll();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .readyCount(none ? 0 : readyCount(view, group, tenant))
                .leasedCount(none ? 0 : view.leasedCount(group, tenant))
                .groupPaused(flag(view.pauses()
                        .contains(Pauses.Kind.TASK_GROUP, ScheduleNames.text(buffer, groupOffset, groupLength))))
                .tenantPaused(flag(tenantLength > 0
                        && view.pauses()
                                .contains(Pauses.Kind.TENANT, ScheduleNames.text(buffer, tenantOffset, tenantLength))));
        context.replied(reply.limit());
    }

    private static short flag(boolean value) {
        return (short) (value ? 1 : 0);
    }

    private static int readyCount(ShardView view, int group, int tenant) {
        if (tenant == TaskGrants.ANY_TENANT) {
            return view.readyCount(group);
        }
        return view.peekReady(group, tenant) == RowSlab.NULL_SLOT ? 0 : 1;
    }
}
