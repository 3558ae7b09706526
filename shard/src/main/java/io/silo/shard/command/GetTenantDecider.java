package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetTenantDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.TenantsReplyEncoder;
import org.agrona.DirectBuffer;

/** GetTenant: what a tenant may have on the shard, and what it has. */
final class GetTenantDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetTenantDecoder command = new GetTenantDecoder();
    private final TenantsReplyEncoder reply = new TenantsReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + GetTenantDecoder.tenantHeaderLength();
        final RejectReason refusal =
                NameChecks.tenant(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final String tenant =
                tenantLength == 0 ? Bounds.TENANT_NONE : ScheduleNames.text(buffer, tenantOffset, tenantLength);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .isLast((short) 1);
        TenantItems.write(
                context.view(),
                reply.tenantsCount(1).next(),
                tenant,
                context.view().tenantSettings().of(tenant));
        context.touchAll();
        context.replied(reply.limit());
    }
}
