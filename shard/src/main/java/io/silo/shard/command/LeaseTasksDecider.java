package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;

/** LeaseTasks: plain poll, or long poll when it may wait. A repeat of a request gets the leases of the first that still live. */
final class LeaseTasksDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LeaseTasksDecoder command = new LeaseTasksDecoder();
    private final TaskGrants grants;

    LeaseTasksDecider(TaskGrants grants) {
        this.grants = grants;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + LeaseTasksDecoder.tenantHeaderLength();
        command.skipTenant();
        final int groupLength = command.taskGroupLength();
        final int groupOffset = command.limit() + LeaseTasksDecoder.taskGroupHeaderLength();
        command.skipTaskGroup();
        final int workerLength = command.workerIdLength();
        final int workerOffset = command.limit() + LeaseTasksDecoder.workerIdHeaderLength();
        RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        refusal = refusal != null ? refusal : NameChecks.taskGroup(buffer, groupOffset, groupLength);
        refusal = refusal != null ? refusal : NameChecks.workerId(buffer, workerOffset, workerLength);
        if (refusal == null && command.maxTasks() > Bounds.TASKS_PER_CALL_MAX) {
            refusal = RejectReason.INVALID_MAX_TASKS;
        }
        if (refusal == null && command.waitMs() > Bounds.WAIT_MS_MAX) {
            refusal = RejectReason.INVALID_WAIT;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final boolean isRepeatable = (command.requestIdHigh() | command.requestIdLow()) != 0;
        if (isRepeatable
                && grants.repeat(
                                context,
                                command.requestIdHigh(),
                                command.requestIdLow(),
                                buffer,
                                workerOffset,
                                workerLength)
                        > 0) {
            return;
        }
        final int granted = grant(
                context, buffer, tenantOffset, tenantLength, groupOffset, groupLength, workerOffset, workerLength);
        if (granted == 0 && command.maxTasks() > 0 && command.waitMs() > 0) {
            await(context, context.session(), buffer, offset, length);
        }
    }

    private int grant(
            CommandContext context,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int groupOffset,
            int groupLength,
            int workerOffset,
            int workerLength) {
        final ShardView view = context.view();
        final int group = view.findTaskGroup(buffer, groupOffset, groupLength);
        final int tenant = TenantFilter.resolve(context.session(), view, buffer, tenantOffset, tenantLength);
        final boolean none = group < 0 || tenant == TenantFilter.UNKNOWN;
        return grants.grant(
                context,
                0,
                context.session().id(),
                Math.max(group, 0),
                tenant,
                none ? 0 : command.maxTasks(),
                command.requestIdHigh(),
                command.requestIdLow(),
                buffer,
                workerOffset,
                workerLength);
    }

    private void await(CommandContext context, Session session, DirectBuffer buffer, int offset, int length) {
        final long deadlineMs = context.monotonicMs() + command.waitMs();
        if (context.waitingCalls().awaitTasks(session, deadlineMs, buffer, offset, length)) {
            context.noReply();
        } else {
            context.reject(RejectReason.TOO_MANY_SUBSCRIPTIONS);
        }
    }
}
