package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** LeaseTasks: plain poll, or long poll when it may wait. A repeat of a request gets the leases of the first that still live. */
final class LeaseTasksDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LeaseTasksDecoder command = new LeaseTasksDecoder();
    private final WorkerCall call = new WorkerCall();
    private final TaskGrants grants;

    LeaseTasksDecider(TaskGrants grants) {
        this.grants = grants;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        command.wrapTenant(call.tenantName);
        command.wrapTaskGroup(call.taskGroupName);
        command.wrapWorkerId(call.worker);
        final RejectReason refusal =
                call.check(context, command.maxTasks(), Bounds.TASKS_PER_CALL_MAX, command.waitMs());
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        if (isRepeated(context)) {
            return;
        }
        final int most = call.find(context) ? command.maxTasks() : 0;
        final int granted = grants.grant(
                context,
                0,
                context.session().id(),
                call.taskGroup(),
                call.tenant(),
                most,
                command.requestIdHigh(),
                command.requestIdLow(),
                call.worker,
                0,
                call.worker.capacity());
        if (granted == 0 && command.maxTasks() > 0 && command.waitMs() > 0) {
            final long deadlineMs = context.monotonicMs() + command.waitMs();
            if (context.waitingCalls().awaitTasks(context.session(), deadlineMs, buffer, offset, length)) {
                context.noReply();
            } else {
                context.reject(RejectReason.TOO_MANY_SUBSCRIPTIONS);
            }
        }
    }

    private boolean isRepeated(CommandContext context) {
        final long high = command.requestIdHigh();
        final long low = command.requestIdLow();
        return (high | low) != 0 && grants.repeat(context, high, low, call.worker, 0, call.worker.capacity()) > 0;
    }
}
