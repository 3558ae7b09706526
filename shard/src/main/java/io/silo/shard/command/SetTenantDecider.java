package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.SetTenantDecoder;
import io.silo.protocol.reply.TenantSetReplyEncoder;
import io.silo.shard.event.TenantSets;
import io.silo.shard.state.TenantSettings;
import io.silo.shard.state.TenantSettings.Settings;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** SetTenant: TenantSet, where it changes something. What tenants may have of the shard is not theirs to say. */
final class SetTenantDecider implements CommandDecider {
    private static final int WEIGHT = 1;
    private static final int RUNNING_MAX = 2;
    private static final int QUEUED_MAX = 4;
    private static final int BYTES_MAX = 8;
    private static final int ENQUEUES_PER_SECOND = 16;
    private static final int ALL = 31;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SetTenantDecoder command = new SetTenantDecoder();
    private final TenantSetReplyEncoder reply = new TenantSetReplyEncoder();
    private final TenantSets events = new TenantSets();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + SetTenantDecoder.tenantHeaderLength();
        RejectReason refusal = tenantRefusal(context, buffer, tenantOffset, tenantLength);
        final String tenant = tenantLength == 0 || refusal != null
                ? Bounds.TENANT_NONE
                : ScheduleNames.text(buffer, tenantOffset, tenantLength);
        final TenantSettings all = context.view().tenantSettings();
        final Settings before = all.of(tenant);
        final Settings after = merged(before);
        final int fields = command.fields();
        if (refusal == null && (fields == 0 || fields > ALL || !after.isValid())) {
            refusal = RejectReason.INVALID_TENANT_SETTING;
        }
        final boolean changes = !after.equals(before);
        if (refusal == null
                && changes
                && before.equals(Settings.DEFAULT)
                && (!context.view().hasRoomForNames() || all.count() >= TenantSettings.ENTRIES_MAX)) {
            // One that has settings needs no room.
            refusal = RejectReason.MEMORY_FULL;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        if (changes) {
            events.write(context.record(), tenant, after);
        } else {
            context.touchAll();
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .changed((short) (changes ? 1 : 0));
        context.replied(reply.limit());
    }

    /** Checks in the order of {@link RejectReason}. */
    private static @Nullable RejectReason tenantRefusal(
            CommandContext context, DirectBuffer buffer, int offset, int length) {
        return context.session().tenantScope() != null
                ? RejectReason.PERMISSION_DENIED
                : NameChecks.tenant(context.settings(), context.session(), buffer, offset, length);
    }

    private Settings merged(Settings before) {
        return new Settings(
                isSet(WEIGHT) ? command.weight() : before.weight(),
                isSet(RUNNING_MAX) ? command.runningMax() : before.runningMax(),
                isSet(QUEUED_MAX) ? command.queuedMax() : before.queuedMax(),
                isSet(BYTES_MAX) ? command.bytesMax() : before.bytesMax(),
                isSet(ENQUEUES_PER_SECOND) ? command.enqueuesPerSecond() : before.enqueuesPerSecond());
    }

    private boolean isSet(int field) {
        return (command.fields() & field) != 0;
    }
}
