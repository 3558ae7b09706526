package io.silo.client;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/**
 * What became of one job of a batch.
 *
 * @param tenant of the job.
 * @param jobId of the job.
 * @param rejected null if it was accepted; else why not.
 * @param position log position that the acknowledgement speaks of, or {@link #NULL_POSITION}.
 * @param durability level that the position had reached.
 * @param heldBy id of the job that has the unique key; null unless that is why it was rejected.
 */
public record EnqueueResult(
        String tenant,
        String jobId,
        @Nullable RejectReason rejected,
        long position,
        Durability durability,
        @Nullable String heldBy) {
    /** Position of a refusal. */
    public static final long NULL_POSITION = -1;

    /** Whether the job exists now; also true for a repeat of the request that made it. */
    public boolean isAccepted() {
        return rejected == null;
    }

    EnqueueResult heldBy(String holder) {
        return new EnqueueResult(tenant, jobId, rejected, position, durability, holder);
    }
}
