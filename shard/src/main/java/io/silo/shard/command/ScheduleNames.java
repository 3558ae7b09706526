package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.shard.state.Schedule;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Checks and looks up the tenant and id of a schedule in a command. */
final class ScheduleNames {
    private ScheduleNames() {}

    /** What is wrong with the names, or null. */
    static @Nullable RejectReason refusal(
            CommandContext context,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int idOffset,
            int idLength) {
        final RejectReason refusal =
                NameChecks.tenant(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            return refusal;
        }
        return idRefusal(buffer, idOffset, idLength);
    }

    static @Nullable RejectReason idRefusal(DirectBuffer buffer, int offset, int length) {
        return length > Bounds.SCHEDULE_ID_BYTES_MAX || NameChecks.jobId(buffer, offset, length) != null
                ? RejectReason.INVALID_SCHEDULE_ID
                : null;
    }

    static @Nullable Schedule find(
            CommandContext context,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int idOffset,
            int idLength) {
        final String tenant = tenantLength == 0 ? Bounds.TENANT_NONE : text(buffer, tenantOffset, tenantLength);
        return context.view().schedules().find(tenant, text(buffer, idOffset, idLength));
    }

    static String text(DirectBuffer buffer, int offset, int length) {
        final byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
