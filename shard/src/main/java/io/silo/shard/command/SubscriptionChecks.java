package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Checks of a Subscribe, which addresses a shard thread and so no one range of tenants. */
public final class SubscriptionChecks {
    private SubscriptionChecks() {}

    /** Null, or why the subscription is refused. */
    public static @Nullable RejectReason check(
            ShardSettings settings, Session session, DirectBuffer tenant, DirectBuffer taskGroup, DirectBuffer worker) {
        if (tenant.capacity() > 0) {
            final ShardSettings anyRange = new ShardSettings(
                    settings.shard(),
                    settings.leaseMs(),
                    settings.crashLoopMax(),
                    settings.payloadBytesMax(),
                    settings.memoryBytesMax(),
                    settings.tenancy(),
                    0,
                    -1L);
            final RejectReason refusal = NameChecks.tenant(anyRange, session, tenant, 0, tenant.capacity());
            if (refusal != null) {
                return refusal;
            }
        }
        final RejectReason refusal = NameChecks.taskGroup(taskGroup, 0, taskGroup.capacity());
        return refusal != null ? refusal : NameChecks.workerId(worker, 0, worker.capacity());
    }
}
