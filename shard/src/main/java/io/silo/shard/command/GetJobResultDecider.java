package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetJobResultDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;

/** GetJobResult: the outcome of an ended job; of another one JOB_NOT_COMPLETE, or its end is awaited. */
final class GetJobResultDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetJobResultDecoder command = new GetJobResultDecoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + GetJobResultDecoder.tenantHeaderLength();
        command.skipTenant();
        final int idLength = command.jobIdLength();
        final int idOffset = command.limit() + GetJobResultDecoder.jobIdHeaderLength();
        final RejectReason wait = command.waitMs() > Bounds.WAIT_MS_MAX ? RejectReason.INVALID_WAIT : null;
        final int slot = JobLookup.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength, wait);
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        if (context.view().jobs().state(slot).isTerminal()) {
            final JobRead read = new JobRead(JobRead.Kind.RESULT, context, slot, false, 0, 0);
            if (context.coldReads().submit(read)) {
                context.noReply();
            } else {
                context.reject(RejectReason.BUSY);
            }
        } else if (command.waitMs() == 0) {
            context.touch(context.view().jobs().lastPosition(slot));
            context.reject(RejectReason.JOB_NOT_COMPLETE);
        } else {
            final long deadlineMs = context.monotonicMs() + command.waitMs();
            if (context.waitingCalls().awaitResult(context.session(), slot, deadlineMs, buffer, offset, length)) {
                context.noReply();
            } else {
                context.reject(RejectReason.TOO_MANY_SUBSCRIPTIONS);
            }
        }
    }
}
