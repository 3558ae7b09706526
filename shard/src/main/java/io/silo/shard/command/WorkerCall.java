package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a worker's call for something to do names: whose, of which task group, for which worker. The decider wraps the names, then checks
 * them, then finds their numbers. One per decider; shard thread only; does not allocate.
 */
final class WorkerCall {
    final UnsafeBuffer tenantName = new UnsafeBuffer(0, 0);
    final UnsafeBuffer taskGroupName = new UnsafeBuffer(0, 0);
    final UnsafeBuffer worker = new UnsafeBuffer(0, 0);

    private int taskGroup;
    private int tenant;

    /**
     * Why the call is refused, or null.
     *
     * @param asked how much it wants, of {@code askedMax} at most.
     * @param waitMs for how long it waits for it.
     */
    @Nullable
    RejectReason check(CommandContext context, int asked, int askedMax, long waitMs) {
        RejectReason refusal = TenantFilter.check(context, tenantName, 0, tenantName.capacity());
        refusal = refusal != null ? refusal : NameChecks.taskGroup(taskGroupName, 0, taskGroupName.capacity());
        refusal = refusal != null ? refusal : NameChecks.workerId(worker, 0, worker.capacity());
        if (refusal == null && asked > askedMax) {
            refusal = RejectReason.INVALID_MAX_TASKS;
        }
        if (refusal == null && waitMs > Bounds.WAIT_MS_MAX) {
            refusal = RejectReason.INVALID_WAIT;
        }
        return refusal;
    }

    /** Looks the numbers of the names up; false if the shard has nothing of this group or tenant. */
    boolean find(CommandContext context) {
        final int group = context.view().findTaskGroup(taskGroupName, 0, taskGroupName.capacity());
        taskGroup = Math.max(group, 0);
        tenant = TenantFilter.resolve(context.session(), context.view(), tenantName, 0, tenantName.capacity());
        return group >= 0 && tenant != TenantFilter.UNKNOWN;
    }

    /** Number of the task group; of any if {@link #find} said no. */
    int taskGroup() {
        return taskGroup;
    }

    /** As {@link TenantFilter#resolve}. */
    int tenant() {
        return tenant;
    }
}
