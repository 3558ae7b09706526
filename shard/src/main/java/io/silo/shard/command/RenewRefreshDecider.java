package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.RenewRefreshDecoder;
import io.silo.protocol.reply.RefreshReportedEncoder;
import io.silo.shard.state.Refreshes;
import org.agrona.DirectBuffer;

/** RenewRefresh: moves the deadline of a refresh's lease, which is volatile, so nothing is logged. */
final class RenewRefreshDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RenewRefreshDecoder command = new RenewRefreshDecoder();
    private final RefreshReportedEncoder reply = new RefreshReportedEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final Refreshes.Refresh refresh = ReportRefreshDecider.find(context, command.tokenEpoch(), command.token());
        if (refresh == null) {
            context.reject(RejectReason.LEASE_NOT_FOUND);
            return;
        }
        final long deadlineMs = context.monotonicMs() + context.settings().leaseMs();
        context.refreshes().renew(refresh, context.session().id(), deadlineMs);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .dueMs(0);
        context.replied(reply.limit());
    }
}
