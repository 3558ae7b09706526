package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CountTenantsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.TenantCountsReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** CountTenants: counters that every change of a status keeps right, a page of tenants at a time. */
final class CountTenantsDecider implements CommandDecider {
    /** Tenants looked at in a page: about 50 us. */
    private static final int TENANTS_PER_SLICE = 1_024;

    private static final int ITEM_BYTES = 32 + 4 * Bounds.TENANT_CHARACTERS_MAX;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CountTenantsDecoder command = new CountTenantsDecoder();
    private final TenantCountsReplyEncoder reply = new TenantCountsReplyEncoder();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final long cursor = command.cursor();
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + CountTenantsDecoder.tenantHeaderLength();
        final RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final ShardView view = context.view();
        final int only = TenantFilter.resolve(context.session(), view, buffer, tenantOffset, tenantLength);
        final int tenantEnd = only == TenantFilter.UNKNOWN
                ? 0
                : only == TaskGrants.ANY_TENANT ? view.scanReport().tenantEnd() : only + 1;
        final int first = (int) Math.min(tenantEnd, only >= 0 ? Math.max(only, cursor) : cursor);
        final int end = (int) Math.min(tenantEnd, (long) first + TENANTS_PER_SLICE);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final TenantCountsReplyEncoder.TenantsEncoder items = reply.tenantsCount(TENANTS_PER_SLICE);
        int tenant = first;
        while (tenant < end && reply.limit() + ITEM_BYTES <= Bounds.MESSAGE_BYTES_MAX) {
            if (view.scanReport().isTenant(tenant)) {
                write(view, tenant, items);
            }
            tenant++;
        }
        items.resetCountToIndex();
        reply.nextCursor(tenant).isLast((short) (tenant >= tenantEnd ? 1 : 0));
        context.touchAll();
        context.replied(reply.limit());
    }

    /** A name that schedules or settings alone hold has no jobs, and is left out. */
    private void write(ShardView view, int tenant, TenantCountsReplyEncoder.TenantsEncoder items) {
        final int scheduled = view.jobCount(tenant, JobState.SCHEDULED);
        final int running = view.jobCount(tenant, JobState.RUNNING);
        final int succeeded = view.jobCount(tenant, JobState.SUCCEEDED);
        final int failed = view.jobCount(tenant, JobState.FAILED);
        final int cancelled = view.jobCount(tenant, JobState.CANCELLED);
        if ((scheduled | running | succeeded | failed | cancelled) != 0) {
            view.wrapTenant(tenant, name);
            items.next()
                    .scheduled(scheduled)
                    .running(running)
                    .succeeded(succeeded)
                    .failed(failed)
                    .cancelled(cancelled)
                    .putTenant(name, 0, name.capacity());
        }
    }
}
