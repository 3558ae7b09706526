package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReturnLeasesDecoder;
import io.silo.protocol.event.ReturnReason;
import io.silo.protocol.reply.OutcomeReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** ReturnLeases: LeaseReturned for each lease named, at once or snoozed; the attempt is not spent. */
final class ReturnLeasesDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReturnLeasesDecoder command = new ReturnLeasesDecoder();
    private final OutcomeReplyEncoder reply = new OutcomeReplyEncoder();
    private final AttemptEnds ends;

    ReturnLeasesDecider(AttemptEnds ends) {
        this.ends = ends;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        // The worker id lies behind the group: walk there first, then come back.
        command.wrapAndApplyHeader(buffer, offset, header);
        ReturnLeasesDecoder.LeasesDecoder leases = command.leases();
        final int count = leases.count();
        command.limit(command.limit() + count * leases.actingBlockLength());
        final int workerLength = command.workerIdLength();
        final int workerOffset = command.limit() + ReturnLeasesDecoder.workerIdHeaderLength();
        RejectReason refusal = count > Bounds.BATCH_ITEMS_MAX ? RejectReason.BATCH_TOO_LARGE : null;
        refusal = refusal != null ? refusal : NameChecks.workerId(buffer, workerOffset, workerLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        command.wrapAndApplyHeader(buffer, offset, header);
        leases = command.leases();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final OutcomeReplyEncoder.ResultsEncoder results = reply.resultsCount(count);
        while (leases.hasNext()) {
            leases.next();
            final RejectReason reason = giveBack(context, leases, buffer, workerOffset, workerLength);
            results.next().jobKey(leases.jobKey()).code(reason == null ? RejectReason.OK : reason.code());
        }
        context.replied(reply.limit());
    }

    private @Nullable RejectReason giveBack(
            CommandContext context,
            ReturnLeasesDecoder.LeasesDecoder named,
            DirectBuffer buffer,
            int workerOffset,
            int workerLength) {
        if (named.snoozeMs() < 0 || named.snoozeMs() > Bounds.RETRY_INTERVAL_MS_MAX) {
            return RejectReason.INVALID_SNOOZE;
        }
        final int slot = LeaseLookup.find(context, named.jobKey(), named.tokenEpoch(), named.token());
        if (slot == RowSlab.NULL_SLOT) {
            return RejectReason.LEASE_NOT_FOUND;
        }
        if (context.view().jobs().state(slot) != JobState.RUNNING) {
            context.touch(context.view().jobs().lastPosition(slot));
            return RejectReason.LEASE_NOT_FOUND;
        }
        final int lease = context.view().jobs().lease(slot);
        // [SILO-RETURN-3]
        if (!context.view().leases().isWorker(lease, buffer, workerOffset, workerLength)) {
            return RejectReason.LEASE_OWNER_MISMATCH;
        }
        final boolean snoozed = named.snoozeMs() != 0;
        ends.returned(context, slot, snoozed ? ReturnReason.SNOOZED : ReturnReason.BY_WORKER, named.snoozeMs());
        return null;
    }
}
