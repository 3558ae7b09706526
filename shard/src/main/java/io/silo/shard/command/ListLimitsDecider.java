package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ListLimitsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.LimitsReplyEncoder;
import io.silo.shard.state.LimitReport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** ListLimits: the limits that are in use, of a slice of the rows. */
final class ListLimitsDecider implements CommandDecider {
    /** Rows looked at in one call: about 20 us, where few task groups share a key. */
    private static final int ROWS_MAX = 4_096;

    /** One limit in the reply with the longest names. */
    private static final int ITEM_BYTES = 32 + 4 * Bounds.TENANT_CHARACTERS_MAX + Bounds.LIMIT_KEY_BYTES_MAX;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ListLimitsDecoder command = new ListLimitsDecoder();
    private final LimitsReplyEncoder reply = new LimitsReplyEncoder();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ListLimitsDecoder.tenantHeaderLength();
        RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (refusal == null && (command.pageSize() == 0 || command.pageSize() > Bounds.PAGE_ITEMS_MAX)) {
            refusal = RejectReason.INVALID_LIMIT;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final int tenant = TenantFilter.resolve(context.session(), context.view(), buffer, tenantOffset, tenantLength);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final int rows = context.view().limitReport().limitEnd();
        final int next = tenant == TenantFilter.UNKNOWN
                ? rows
                : list(context, tenant, (int) Math.min(rows, command.cursor()), Math.min(rows, ROWS_MAX));
        if (tenant == TenantFilter.UNKNOWN) {
            reply.limitsCount(0);
        }
        reply.nextCursor(next).isLast((short) (next >= rows ? 1 : 0));
        context.touchAll();
        context.replied(reply.limit());
    }

    private int list(CommandContext context, int tenant, int first, int rows) {
        final LimitReport limits = context.view().limitReport();
        final LimitsReplyEncoder.LimitsEncoder items = reply.limitsCount(command.pageSize());
        final int end = Math.min(limits.limitEnd(), first + rows);
        int left = command.pageSize();
        int limit = first;
        for (; limit < end; limit++) {
            if (!limits.isInUse(limit) || tenant != TaskGrants.ANY_TENANT && limits.tenant(limit) != tenant) {
                continue;
            }
            if (left-- == 0 || reply.limit() + ITEM_BYTES > Bounds.MESSAGE_BYTES_MAX) {
                break;
            }
            encode(context, limit, items.next());
        }
        items.resetCountToIndex();
        return limit;
    }

    private void encode(CommandContext context, int limit, LimitsReplyEncoder.LimitsEncoder item) {
        final LimitReport limits = context.view().limitReport();
        item.maxConcurrency(limits.isSet(limit) ? limits.setMax(limit) : 0)
                .holders(limits.holders(limit))
                .waiting(limits.waiting(limit))
                .isSet((short) (limits.isSet(limit) ? 1 : 0));
        context.view().wrapTenant(limits.tenant(limit), name);
        item.putTenant(name, 0, name.capacity());
        limits.wrapKey(limit, name);
        item.putKey(name, 0, name.capacity());
    }
}
