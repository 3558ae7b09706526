package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.reply.TenantsReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.ShardView;
import io.silo.shard.state.TenantSettings.Settings;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes what a tenant may have, and what it has, into a reply. Shard thread only. */
final class TenantItems {
    /** Most bytes that one takes in the reply. */
    static final int BYTES_MAX = 64 + 4 * Bounds.TENANT_CHARACTERS_MAX;

    private TenantItems() {}

    static void write(ShardView view, TenantsReplyEncoder.TenantsEncoder item, String tenant, Settings settings) {
        final UnsafeBuffer name = new UnsafeBuffer(tenant.getBytes(StandardCharsets.UTF_8));
        final int number = view.findTenant(name, 0, name.capacity());
        item.queuedMax(settings.queuedMax())
                .bytesMax(settings.bytesMax())
                .bytes(view.jobBytes(number))
                .weight(settings.weight())
                .runningMax(settings.runningMax())
                .enqueuesPerSecond(settings.enqueuesPerSecond())
                .scheduled(number < 0 ? 0 : view.jobCount(number, JobState.SCHEDULED))
                .running(number < 0 ? 0 : view.jobCount(number, JobState.RUNNING))
                .tenant(tenant);
    }
}
