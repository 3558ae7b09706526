package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetJobDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;

/** GetJob: reads the job's row now and the rest from the log, off the shard's thread. */
final class GetJobDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetJobDecoder command = new GetJobDecoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + GetJobDecoder.tenantHeaderLength();
        command.skipTenant();
        final int idLength = command.jobIdLength();
        final int idOffset = command.limit() + GetJobDecoder.jobIdHeaderLength();
        final int slot = JobLookup.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength, null);
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        final JobRead read = new JobRead(JobRead.Kind.JOB, context, slot, command.includeAttempts() != 0, 0, 0);
        if (context.coldReads().submit(read)) {
            context.noReply();
        } else {
            context.reject(RejectReason.BUSY);
        }
    }
}
