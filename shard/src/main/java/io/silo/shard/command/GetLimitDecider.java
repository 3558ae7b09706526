package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetLimitDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.LimitReplyEncoder;
import io.silo.shard.state.FloatingLimits;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LimitReport;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** GetLimit: who holds slots of a key, and who waits for one. */
final class GetLimitDecider implements CommandDecider {
    /** One job in the reply with the longest names. */
    private static final int ITEM_BYTES =
            32 + 4 * Bounds.TASK_GROUP_CHARACTERS_MAX + Bounds.JOB_ID_BYTES_MAX + Bounds.WORKER_ID_BYTES_MAX;

    /** Room that is left to the waiters. */
    private static final int HOLDERS_END = Bounds.MESSAGE_BYTES_MAX / 2;

    /** Room that is left to the error code of a refresh. */
    private static final int WAITERS_END = Bounds.MESSAGE_BYTES_MAX - Bounds.ERROR_CODE_BYTES_MAX - 2;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetLimitDecoder command = new GetLimitDecoder();
    private final LimitReplyEncoder reply = new LimitReplyEncoder();
    private final LimitNames names = new LimitNames();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int listed = command.listed();
        names.read(buffer, command.limit());
        final RejectReason refusal =
                names.refusal(context, true, listed > LimitReport.LISTED_MAX ? RejectReason.INVALID_LIMIT : null);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final ShardView view = context.view();
        final int tenant = view.findTenant(names.tenant, 0, names.tenant.capacity());
        final int limit = view.limitReport().find(tenant, names.key, 0, names.key.capacity());
        context.touchAll();
        if (limit == RowSlab.NULL_SLOT) {
            context.reject(RejectReason.LIMIT_NOT_FOUND);
            return;
        }
        final LimitReport limits = view.limitReport();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .maxConcurrency(limits.isSet(limit) ? limits.setMax(limit) : 0)
                .holderCount(limits.holders(limit))
                .waiting(limits.waiting(limit))
                .isSet((short) (limits.isSet(limit) ? 1 : 0));
        final FloatingLimits.Finding finding = view.floatingLimits().of(limit);
        reply.floatingMax(finding == null ? FloatingLimits.NONE : finding.max())
                .refreshedAtMs(finding == null ? 0 : finding.refreshedAtMs())
                .refreshDueMs(finding == null ? 0 : finding.dueMs())
                .refreshFailures(finding == null ? 0 : finding.failures());
        writeHolders(view, limit, listed);
        writeWaiters(view, limit, listed);
        reply.refreshError(finding == null ? "" : finding.errorCode());
        context.replied(reply.limit());
    }

    private void writeHolders(ShardView view, int limit, int most) {
        final LimitReport limits = view.limitReport();
        final JobView jobs = view.jobs();
        final int count = limits.listHolders(limit, most);
        final LimitReplyEncoder.HoldersEncoder items = reply.holdersCount(count);
        for (int i = 0; i < count && reply.limit() + ITEM_BYTES <= HOLDERS_END; i++) {
            final int slot = limits.listed(i);
            items.next().sinceMs(view.leases().startedAtMs(jobs.lease(slot))).ownMax(limits.ownMax(slot, limit));
            view.wrapTaskGroup(jobs.taskGroup(slot), name);
            items.putTaskGroup(name, 0, name.capacity());
            jobs.wrapId(slot, name);
            items.putJobId(name, 0, name.capacity());
            view.leases().wrapWorker(jobs.lease(slot), name);
            items.putWorkerId(name, 0, name.capacity());
        }
        items.resetCountToIndex();
    }

    private void writeWaiters(ShardView view, int limit, int most) {
        final LimitReport limits = view.limitReport();
        final JobView jobs = view.jobs();
        final int count = limits.listWaiters(limit, most);
        final LimitReplyEncoder.WaitersEncoder items = reply.waitersCount(count);
        for (int i = 0; i < count && reply.limit() + ITEM_BYTES <= WAITERS_END; i++) {
            final int slot = limits.listed(i);
            items.next()
                    .startAtMs(jobs.startMs(slot))
                    .ownMax(limits.ownMax(slot, limit))
                    .priority((short) jobs.priority(slot));
            view.wrapTaskGroup(jobs.taskGroup(slot), name);
            items.putTaskGroup(name, 0, name.capacity());
            jobs.wrapId(slot, name);
            items.putJobId(name, 0, name.capacity());
        }
        items.resetCountToIndex();
    }
}
