package io.silo.shard.event;

import io.silo.protocol.Bounds;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.TenantSetEncoder;
import io.silo.shard.state.TenantSettings;

/** Writes TenantSet events: of a command, and as images. Shard thread only. */
public final class TenantSets {
    /** One with the longest name. */
    public static final int BYTES_MAX = 64 + 4 * Bounds.TENANT_CHARACTERS_MAX;

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final TenantSetEncoder event = new TenantSetEncoder();

    /** The record has room. */
    public void write(RecordBuffer record, String tenant, TenantSettings.Settings settings) {
        event.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .queuedMax(settings.queuedMax())
                .bytesMax(settings.bytesMax())
                .weight(settings.weight())
                .runningMax(settings.runningMax())
                .enqueuesPerSecond(settings.enqueuesPerSecond())
                .tenant(tenant);
        record.commit(event.limit());
    }
}
