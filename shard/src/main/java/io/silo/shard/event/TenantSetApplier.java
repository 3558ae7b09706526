package io.silo.shard.event;

import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.TenantSetDecoder;
import io.silo.shard.state.ShardState;
import io.silo.shard.state.TenantSettings;
import org.agrona.DirectBuffer;

/** TenantSet: all settings of a tenant as they are from now on. */
final class TenantSetApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final TenantSetDecoder decoder = new TenantSetDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final TenantSettings.Settings settings = new TenantSettings.Settings(
                decoder.weight(),
                decoder.runningMax(),
                decoder.queuedMax(),
                decoder.bytesMax(),
                decoder.enqueuesPerSecond());
        // [SILO-CAP-3] What runs goes on.
        state.settingChanges().tenantSet(decoder.tenant(), settings, place.position());
    }
}
