package io.silo.shard.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.protocol.RejectReason;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Tenant and key that a command names a limit by: one behind the other at the end of the command. One per decider; the names are valid
 * until the next command.
 */
final class LimitNames {
    private static final int TEXT_HEADER_BYTES = 2;

    final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private DirectBuffer command = tenant;
    private int tenantOffset;
    private int tenantLength;
    private int keyOffset;
    private int keyLength;

    /** Reads both from where the command's variable fields begin. */
    void read(DirectBuffer buffer, int offset) {
        command = buffer;
        tenantOffset = offset + TEXT_HEADER_BYTES;
        tenantLength = length(buffer, offset);
        keyOffset = tenantOffset + tenantLength + TEXT_HEADER_BYTES;
        keyLength = length(buffer, tenantOffset + tenantLength);
    }

    private static int length(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset, LITTLE_ENDIAN) & 0xFFFF;
    }

    /**
     * Checks in the order of {@link RejectReason}.
     *
     * @param afterTenant what is wrong with the command's other arguments; null if nothing is.
     * @return null if {@link #tenant} and {@link #key} are good; only then they are there.
     */
    @Nullable
    RejectReason refusal(CommandContext context, boolean needsKey, @Nullable RejectReason afterTenant) {
        RejectReason refusal =
                NameChecks.tenant(context.settings(), context.session(), command, tenantOffset, tenantLength);
        refusal = refusal != null ? refusal : afterTenant;
        if (refusal != null) {
            return refusal;
        }
        if ((needsKey || keyLength > 0) && !NameChecks.isLimitKey(command, keyOffset, keyLength)) {
            return RejectReason.INVALID_JOB_LIMIT;
        }
        if (tenantLength == 0) {
            tenant.wrap(NameChecks.noTenant(), 0, NameChecks.noTenant().capacity());
        } else {
            tenant.wrap(command, tenantOffset, tenantLength);
        }
        key.wrap(command, keyOffset, keyLength);
        return null;
    }
}
