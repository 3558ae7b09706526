package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Finds the job that a read names by tenant and id, or refuses the command. One per shard. */
final class JobLookup {
    private JobLookup() {}

    /**
     * Slot of the job; {@link RowSlab#NULL_SLOT} after a refusal, which is then in the context.
     *
     * @param afterNames what is wrong with the command's other arguments; null if nothing is.
     */
    static int find(
            CommandContext context,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int idOffset,
            int idLength,
            @Nullable RejectReason afterNames) {
        RejectReason refusal =
                NameChecks.tenant(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
        refusal = refusal != null ? refusal : NameChecks.jobId(buffer, idOffset, idLength);
        refusal = refusal != null ? refusal : afterNames;
        if (refusal != null) {
            context.reject(refusal);
            return RowSlab.NULL_SLOT;
        }
        final int slot = slot(context, buffer, tenantOffset, tenantLength, idOffset, idLength);
        if (slot == RowSlab.NULL_SLOT) {
            // Perhaps it was deleted just now.
            context.touchAll();
            context.reject(RejectReason.JOB_NOT_FOUND);
        }
        return slot;
    }

    /** Slot of the job with this tenant, absent = none, and id; {@link RowSlab#NULL_SLOT} if there is none. */
    static int slot(
            CommandContext context,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int idOffset,
            int idLength) {
        final JobView jobs = context.view().jobs();
        return tenantLength == 0
                ? jobs.find(NameChecks.noTenant(), 0, NameChecks.noTenant().capacity(), buffer, idOffset, idLength)
                : jobs.find(buffer, tenantOffset, tenantLength, buffer, idOffset, idLength);
    }
}
