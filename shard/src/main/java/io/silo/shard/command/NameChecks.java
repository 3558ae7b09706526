package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.TextRules;
import io.silo.protocol.Xxh64;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Checks of names in commands, in the order of {@link RejectReason}. Each answers null if the name is good. */
final class NameChecks {
    /** Stands for an absent tenant. */
    private static final UnsafeBuffer NO_TENANT = new UnsafeBuffer(Bounds.TENANT_NONE.getBytes(StandardCharsets.UTF_8));

    private NameChecks() {}

    /**
     * Whether this session may use this tenant on this shard. "-" is how clients write that they name none.
     *
     * @param length 0 if the call names none.
     */
    static @Nullable RejectReason tenant(
            ShardSettings settings, Session session, DirectBuffer buffer, int offset, int length) {
        final DirectBuffer tenant = length == 0 ? NO_TENANT : buffer;
        final int tenantOffset = length == 0 ? 0 : offset;
        final int tenantLength = length == 0 ? NO_TENANT.capacity() : length;
        final boolean isNone = equal(NO_TENANT, tenant, tenantOffset, tenantLength);
        final boolean isMissing = isNone && settings.tenancy() == ShardSettings.Tenancy.REQUIRED;
        final DirectBuffer scope = session.tenantScope();
        // Who names no tenant where one is required has asked for nobody's.
        if (scope != null && !isMissing && !equal(scope, tenant, tenantOffset, tenantLength)) {
            return RejectReason.PERMISSION_DENIED;
        }
        if (isMissing) {
            return RejectReason.TENANT_REQUIRED;
        }
        if (!isNone && settings.tenancy() == ShardSettings.Tenancy.OFF) {
            return RejectReason.TENANT_NOT_ALLOWED;
        }
        // 64 characters of UTF-8 are 256 bytes at most.
        if (length > 4 * Bounds.TENANT_CHARACTERS_MAX) {
            return RejectReason.INVALID_TENANT;
        }
        final int characters = TextRules.characters(buffer, offset, length);
        if (characters == TextRules.INVALID || characters > Bounds.TENANT_CHARACTERS_MAX) {
            return RejectReason.INVALID_TENANT;
        }
        final long hash = Xxh64.hash(tenant, tenantOffset, tenantLength);
        if (Long.compareUnsigned(hash, settings.rangeFirst()) < 0
                || Long.compareUnsigned(hash, settings.rangeLast()) > 0) {
            return RejectReason.TENANT_NOT_IN_SHARD;
        }
        return null;
    }

    static @Nullable RejectReason taskGroup(DirectBuffer buffer, int offset, int length) {
        if (length == 0) {
            return RejectReason.TASK_GROUP_REQUIRED;
        }
        if (length > 4 * Bounds.TASK_GROUP_CHARACTERS_MAX) {
            return RejectReason.TASK_GROUP_TOO_LONG;
        }
        final int characters = TextRules.characters(buffer, offset, length);
        if (characters > Bounds.TASK_GROUP_CHARACTERS_MAX) {
            return RejectReason.TASK_GROUP_TOO_LONG;
        }
        if (characters != TextRules.INVALID) {
            return null;
        }
        // Too long comes first, and a control character is a character.
        return TextRules.charactersOfValue(buffer, offset, length) > Bounds.TASK_GROUP_CHARACTERS_MAX
                ? RejectReason.TASK_GROUP_TOO_LONG
                : RejectReason.INVALID_TASK_GROUP;
    }

    static @Nullable RejectReason jobId(DirectBuffer buffer, int offset, int length) {
        return isName(buffer, offset, length, Bounds.JOB_ID_BYTES_MAX) ? null : RejectReason.INVALID_JOB_ID;
    }

    static @Nullable RejectReason workerId(DirectBuffer buffer, int offset, int length) {
        return isName(buffer, offset, length, Bounds.WORKER_ID_BYTES_MAX) ? null : RejectReason.INVALID_WORKER_ID;
    }

    static @Nullable RejectReason errorCode(DirectBuffer buffer, int offset, int length) {
        return isName(buffer, offset, length, Bounds.ERROR_CODE_BYTES_MAX) ? null : RejectReason.INVALID_ERROR_CODE;
    }

    /** Absent is good. */
    static @Nullable RejectReason uniqueKey(DirectBuffer buffer, int offset, int length) {
        return length == 0 || isName(buffer, offset, length, Bounds.UNIQUE_KEY_BYTES_MAX)
                ? null
                : RejectReason.INVALID_UNIQUE_KEY;
    }

    static boolean isLimitKey(DirectBuffer buffer, int offset, int length) {
        return isName(buffer, offset, length, Bounds.LIMIT_KEY_BYTES_MAX);
    }

    static boolean isRateLimitName(DirectBuffer buffer, int offset, int length) {
        return isName(buffer, offset, length, Bounds.RATE_LIMIT_NAME_BYTES_MAX);
    }

    static DirectBuffer noTenant() {
        return NO_TENANT;
    }

    static boolean equal(DirectBuffer whole, DirectBuffer buffer, int offset, int length) {
        if (whole.capacity() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (whole.getByte(i) != buffer.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isName(DirectBuffer buffer, int offset, int length, int bytesMax) {
        return length > 0 && length <= bytesMax && TextRules.characters(buffer, offset, length) != TextRules.INVALID;
    }
}
