package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.HeartbeatDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.HeartbeatReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Heartbeat: moves deadlines, which are volatile, so nothing is logged. A lease that was renewed belongs to this session from now
 * on: that is how a worker that reconnects, or whose shard was reopened, claims it again.
 */
final class HeartbeatDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final HeartbeatDecoder command = new HeartbeatDecoder();
    private final HeartbeatReplyEncoder reply = new HeartbeatReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        // The worker id lies behind the group: walk there first, then come back.
        command.wrapAndApplyHeader(buffer, offset, header);
        HeartbeatDecoder.LeasesDecoder leases = command.leases();
        final int count = leases.count();
        command.limit(command.limit() + count * leases.actingBlockLength());
        final int workerLength = command.workerIdLength();
        final int workerOffset = command.limit() + HeartbeatDecoder.workerIdHeaderLength();
        RejectReason refusal = count > Bounds.BATCH_ITEMS_MAX ? RejectReason.BATCH_TOO_LARGE : null;
        refusal = refusal != null ? refusal : NameChecks.workerId(buffer, workerOffset, workerLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        if (count == 0) {
            renewAll(context, buffer, workerOffset, workerLength);
            return;
        }
        command.wrapAndApplyHeader(buffer, offset, header);
        leases = command.leases();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final HeartbeatReplyEncoder.LeasesEncoder results = reply.leasesCount(count);
        int renewed = 0;
        while (leases.hasNext()) {
            leases.next();
            final RejectReason reason = renew(context, leases, buffer, workerOffset, workerLength);
            final long cancelledAtMs = reason == null ? cancelledAtMs(context, leases.jobKey()) : 0;
            renewed += reason == null ? 1 : 0;
            results.next()
                    .jobKey(leases.jobKey())
                    .token(leases.token())
                    .code(reason == null ? RejectReason.OK : reason.code())
                    .cancelled((short) (cancelledAtMs == 0 ? 0 : 1))
                    .cancelledAtMs(cancelledAtMs);
        }
        reply.renewed(renewed);
        context.replied(reply.limit());
    }

    private void renewAll(CommandContext context, DirectBuffer buffer, int workerOffset, int workerLength) {
        final LeaseView leases = context.view().leases();
        final JobView jobs = context.view().jobs();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final HeartbeatReplyEncoder.LeasesEncoder cancelled = reply.leasesCount(Bounds.BATCH_ITEMS_MAX);
        int told = 0;
        int renewed = 0;
        // Bounded by the worker's own leases, which its credits bound.
        for (int lease = leases.firstOf(buffer, workerOffset, workerLength);
                lease != RowSlab.NULL_SLOT;
                lease = leases.nextOfWorker(lease)) {
            // Worker ids are not secret: a session with a scope must not claim the leases of another tenant's worker.
            if (LeaseLookup.isVisible(context, leases.job(lease))) {
                context.renewLease(lease, context.session().id());
                renewed++;
                if (leases.cancelRequestedAtMs(lease) != 0 && told < Bounds.BATCH_ITEMS_MAX) {
                    final int slot = leases.job(lease);
                    context.touch(jobs.lastPosition(slot));
                    cancelled
                            .next()
                            .jobKey(jobs.jobKey(slot))
                            .token(jobs.token(slot))
                            .code(RejectReason.OK)
                            .cancelled((short) 1)
                            .cancelledAtMs(leases.cancelRequestedAtMs(lease));
                    told++;
                }
            }
        }
        cancelled.resetCountToIndex();
        reply.renewed(renewed);
        context.replied(reply.limit());
    }

    /** When it was asked to cancel the job of a lease that lives; 0 = it was not. */
    private static long cancelledAtMs(CommandContext context, long jobKey) {
        final JobView jobs = context.view().jobs();
        final int slot = jobs.findByKey(jobKey);
        final long cancelledAtMs = context.view().leases().cancelRequestedAtMs(jobs.lease(slot));
        if (cancelledAtMs != 0) {
            context.touch(jobs.lastPosition(slot));
        }
        return cancelledAtMs;
    }

    private static @Nullable RejectReason renew(
            CommandContext context,
            HeartbeatDecoder.LeasesDecoder named,
            DirectBuffer buffer,
            int workerOffset,
            int workerLength) {
        final JobView jobs = context.view().jobs();
        final int slot = LeaseLookup.find(context, named.jobKey(), named.tokenEpoch(), named.token());
        if (slot == RowSlab.NULL_SLOT) {
            return RejectReason.LEASE_NOT_FOUND;
        }
        // [SILO-HB-2]
        if (jobs.state(slot) != JobState.RUNNING) {
            context.touch(jobs.lastPosition(slot));
            return RejectReason.LEASE_NOT_FOUND;
        }
        final int lease = jobs.lease(slot);
        // [SILO-HB-1]
        if (!context.view().leases().isWorker(lease, buffer, workerOffset, workerLength)) {
            return RejectReason.LEASE_OWNER_MISMATCH;
        }
        // [SILO-HB-3]
        context.renewLease(lease, context.session().id());
        return null;
    }
}
