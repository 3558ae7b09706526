package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReadBytesDecoder;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;

/** ReadBytes: a part of a payload or result, read off the shard's thread. */
final class ReadBytesDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReadBytesDecoder command = new ReadBytesDecoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ReadBytesDecoder.tenantHeaderLength();
        command.skipTenant();
        final int idLength = command.jobIdLength();
        final int idOffset = command.limit() + ReadBytesDecoder.jobIdHeaderLength();
        final boolean isRange = command.byteCount() >= 1
                && command.byteCount() <= Bounds.CHUNK_BYTES_MAX
                && command.chunkOffset() <= Bounds.PAYLOAD_BYTES_MAX;
        final RejectReason range = isRange ? null : RejectReason.INVALID_RANGE;
        final int slot = JobLookup.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength, range);
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        // The key tells two jobs apart that had one id, one after the other.
        if (context.view().jobs().jobKey(slot) != command.jobKey()) {
            context.reject(RejectReason.JOB_NOT_FOUND);
            return;
        }
        final JobRead.Kind kind = command.result() == 0 ? JobRead.Kind.PAYLOAD_PART : JobRead.Kind.RESULT_PART;
        final JobRead read =
                new JobRead(kind, context, slot, false, (int) command.chunkOffset(), (int) command.byteCount());
        if (context.coldReads().submit(read)) {
            context.noReply();
        } else {
            context.reject(RejectReason.BUSY);
        }
    }
}
