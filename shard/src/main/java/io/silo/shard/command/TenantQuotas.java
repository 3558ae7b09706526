package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.shard.state.JobState;
import io.silo.shard.state.ShardView;
import io.silo.shard.state.TenantSettings;
import io.silo.shard.state.TenantSettings.Settings;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tenant's quotas let one more job wait or run: one that comes new, or one that had ended. A job that is imported with its
 * end counts for nothing. Does not allocate.
 */
final class TenantQuotas {
    private TenantQuotas() {}

    /**
     * Why a job may not come back, or null. Takes nothing.
     *
     * @param tenant by number; -1 = one that is not known.
     * @param bytes that the job will count for.
     */
    static @Nullable RejectReason refusal(CommandContext context, int tenant, long bytes) {
        final ShardView view = context.view();
        final Settings settings = view.tenantSettings().of(tenant);
        if (settings.queuedMax() != TenantSettings.NO_BOUND
                && (long) view.jobCount(tenant, JobState.SCHEDULED) + view.jobCount(tenant, JobState.RUNNING)
                        >= settings.queuedMax()) {
            return RejectReason.TENANT_QUOTA;
        }
        return settings.bytesMax() != TenantSettings.NO_BOUND && view.jobBytes(tenant) + bytes > settings.bytesMax()
                ? RejectReason.TENANT_QUOTA
                : null;
    }

    /** As the other, for a job that comes new: if it may, an enqueue is taken from this second's, and the job must come. */
    static @Nullable RejectReason refusalOfNew(CommandContext context, int tenant, long bytes) {
        final RejectReason refusal = refusal(context, tenant, bytes);
        return refusal == null && !context.takeEnqueue(tenant) ? RejectReason.TENANT_QUOTA : refusal;
    }
}
