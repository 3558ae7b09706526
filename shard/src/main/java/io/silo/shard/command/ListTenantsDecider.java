package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.command.ListTenantsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.TenantsReplyEncoder;
import io.silo.shard.state.TenantSettings;
import io.silo.shard.state.TenantSettings.Named;
import io.silo.shard.state.TenantSettings.Settings;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** ListTenants: tenants of the shard that have settings, a page at a time. */
final class ListTenantsDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ListTenantsDecoder command = new ListTenantsDecoder();
    private final TenantsReplyEncoder reply = new TenantsReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int afterLength = command.afterLength();
        final int afterOffset = command.limit() + ListTenantsDecoder.afterHeaderLength();
        final String after = ScheduleNames.text(buffer, afterOffset, afterLength);
        final DirectBuffer scope = context.session().tenantScope();
        final String only = scope == null ? null : ScheduleNames.text(scope, 0, scope.capacity());
        final TenantSettings all = context.view().tenantSettings();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final TenantsReplyEncoder.TenantsEncoder items = reply.tenantsCount(Bounds.PAGE_ITEMS_MAX);
        int left = Bounds.PAGE_ITEMS_MAX;
        Named next = next(all, after, only);
        for (; next != null; next = next(all, next.tenant(), only)) {
            if (left-- == 0 || reply.limit() + TenantItems.BYTES_MAX > Bounds.MESSAGE_BYTES_MAX) {
                break;
            }
            TenantItems.write(context.view(), items.next(), next.tenant(), next.settings());
        }
        items.resetCountToIndex();
        reply.isLast((short) (next == null ? 1 : 0));
        context.touchAll();
        context.replied(reply.limit());
    }

    /** @param only the one that the session may see; null = all. It is looked up, not looked for. */
    private static @Nullable Named next(TenantSettings all, String after, @Nullable String only) {
        if (only == null) {
            return all.after(after);
        }
        final Settings settings = all.of(only);
        return after.compareTo(only) < 0 && !settings.equals(Settings.DEFAULT) ? new Named(only, settings) : null;
    }
}
