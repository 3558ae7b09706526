package io.silo.shard.command;

import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;

/** Finds the job whose last lease has a token. */
final class LeaseLookup {
    private LeaseLookup() {}

    /**
     * Slot of the job if {@code (tokenEpoch, token)} is its last token and the session may see its tenant, whatever became of the
     * lease; {@link RowSlab#NULL_SLOT} for an older token and for unknown jobs. A stranger's job looks like an unknown one.
     */
    static int find(CommandContext context, long jobKey, long tokenEpoch, long token) {
        final ShardView view = context.view();
        final JobView jobs = view.jobs();
        final int slot = jobs.findByKey(jobKey);
        if (slot == RowSlab.NULL_SLOT || !isVisible(context, slot)) {
            return RowSlab.NULL_SLOT;
        }
        // [SILO-TOKEN-2]
        if (jobs.token(slot) != token || jobs.tokenEpoch(slot) != tokenEpoch) {
            // The answer speaks of the newer lease: it waits until that is durable.
            context.touch(jobs.lastPosition(slot));
            return RowSlab.NULL_SLOT;
        }
        return slot;
    }

    /** Whether the command's session may see the tenant of the job. */
    static boolean isVisible(CommandContext context, int slot) {
        return TenantFilter.isVisible(context, context.view().jobs().tenant(slot));
    }
}
