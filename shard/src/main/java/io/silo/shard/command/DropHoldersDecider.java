package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.DropHoldersDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.SlotsDroppedEncoder;
import io.silo.protocol.reply.HoldersDroppedReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LimitReport;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;

/**
 * DropHolders: SlotsDropped for each of a tenant's leases that holds a slot, of one key or of all. Nothing else changes: what runs goes
 * on, and more may run beside it than the limit allows.
 */
final class DropHoldersDecider implements CommandDecider {
    /** Jobs in one call; each is an event. */
    private static final int JOBS_MAX = 1_024;

    /** Limits looked at in one call: about 50 us. */
    private static final int LIMITS_MAX = 8_192;

    /** A SlotsDropped event with its header. */
    private static final int EVENT_BYTES = 32;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DropHoldersDecoder command = new DropHoldersDecoder();
    private final HoldersDroppedReplyEncoder reply = new HoldersDroppedReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final SlotsDroppedEncoder event = new SlotsDroppedEncoder();
    private final LimitNames names = new LimitNames();
    private int dropped;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final long cursor = command.cursor();
        names.read(buffer, command.limit());
        final RejectReason refusal = names.refusal(context, false, null);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        dropped = 0;
        final int tenant = context.view().findTenant(names.tenant, 0, names.tenant.capacity());
        final int end = context.view().limitReport().limitEnd();
        final int next;
        if (tenant < 0) {
            next = end;
        } else if (names.key.capacity() > 0) {
            next = dropOfKey(context, tenant) ? end : 0;
        } else {
            next = dropOfAll(context, tenant, (int) Math.min(end, cursor));
        }
        context.touchAll();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .dropped(dropped)
                .nextCursor(next)
                .isLast((short) (next >= end ? 1 : 0));
        context.replied(reply.limit());
    }

    private boolean dropOfKey(CommandContext context, int tenant) {
        final int limit = context.view().limitReport().find(tenant, names.key, 0, names.key.capacity());
        return limit == RowSlab.NULL_SLOT || drop(context, limit, true);
    }

    /** Returns the limit to go on with: it has holders left, or was not looked at. */
    private int dropOfAll(CommandContext context, int tenant, int first) {
        final LimitReport limits = context.view().limitReport();
        final int end = Math.min(limits.limitEnd(), first + LIMITS_MAX);
        for (int limit = first; limit < end; limit++) {
            if (limits.isHeld(limit) && limits.tenant(limit) == tenant && !drop(context, limit, false)) {
                return limit;
            }
        }
        return end;
    }

    /** Takes a limit's holders away; false if some are left. */
    private boolean drop(CommandContext context, int limit, boolean onlyThis) {
        final JobView jobs = context.view().jobs();
        final LimitReport limits = context.view().limitReport();
        final RecordBuffer record = context.record();
        for (int slot = limits.newestHolder(limit); slot != RowSlab.NULL_SLOT; slot = limits.newestHolder(limit)) {
            if (dropped == JOBS_MAX || !record.hasRoom(EVENT_BYTES)) {
                return false;
            }
            event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                    .jobKey(jobs.jobKey(slot))
                    .previousPosition(jobs.lastPosition(slot))
                    .heldLimits(onlyThis ? jobs.heldLimitBits(slot) & ~limits.bit(slot, limit) : 0);
            record.commit(event.limit());
            dropped++;
        }
        return true;
    }
}
