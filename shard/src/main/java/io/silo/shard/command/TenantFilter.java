package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Whose tasks a worker may get: the tenant it names, or its session's scope, or all. */
public final class TenantFilter {
    /** A tenant that has no job on this shard. */
    public static final int UNKNOWN = -2;

    private TenantFilter() {}

    /** Checks the tenant of a worker's call; absent means all that the session may see. */
    public static @Nullable RejectReason check(
            CommandContext context, DirectBuffer buffer, int tenantOffset, int tenantLength) {
        return check(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
    }

    /** As the other, for calls that address no one shard. */
    public static @Nullable RejectReason check(
            ShardSettings settings, Session session, DirectBuffer buffer, int tenantOffset, int tenantLength) {
        if (tenantLength == 0) {
            return null;
        }
        return NameChecks.tenant(settings, session, buffer, tenantOffset, tenantLength);
    }

    /** Whether the command's session may see a tenant. */
    static boolean isVisible(CommandContext context, int tenant) {
        final DirectBuffer scope = context.session().tenantScope();
        return scope == null || context.view().findTenant(scope, 0, scope.capacity()) == tenant;
    }

    /** Number of the tenant on this shard, {@link TaskGrants#ANY_TENANT}, or {@link #UNKNOWN}. */
    public static int resolve(
            Session session, ShardView view, DirectBuffer buffer, int tenantOffset, int tenantLength) {
        final DirectBuffer scope = session.tenantScope();
        if (tenantLength == 0 && scope == null) {
            return TaskGrants.ANY_TENANT;
        }
        final int tenant = tenantLength == 0 && scope != null
                ? view.findTenant(scope, 0, scope.capacity())
                : view.findTenant(buffer, tenantOffset, tenantLength);
        return tenant < 0 ? UNKNOWN : tenant;
    }
}
