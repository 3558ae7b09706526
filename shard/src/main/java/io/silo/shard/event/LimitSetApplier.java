package io.silo.shard.event;

import io.silo.protocol.event.LimitSetDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.LimitSettings;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** LimitSet: a key has a maximum, or none any more. */
final class LimitSetApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LimitSetDecoder decoder = new LimitSetDecoder();
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        decoder.wrapTenant(tenant);
        decoder.wrapKey(key);
        final int max = decoder.isSet() != 0 ? (int) decoder.maxConcurrency() : LimitSettings.NONE;
        // [SILO-MAX-3] Those who hold a slot keep it.
        state.settingChanges().limitSet(tenant, key, max, place.position());
    }
}
