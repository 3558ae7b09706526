package io.silo.shard.event;

import io.silo.protocol.event.FloatingLimitSetDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.FloatingLimits;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** FloatingLimitSet: something else is known of a floating limit, or nothing any more. */
final class FloatingLimitSetApplier implements EventApplier {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final FloatingLimitSetDecoder decoder = new FloatingLimitSetDecoder();
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final boolean isSet = decoder.isSet() != 0;
        final int max = decoder.maxConcurrency();
        final long intervalMs = decoder.refreshIntervalMs();
        final long refreshedAtMs = decoder.refreshedAtMs();
        final long retryAtMs = decoder.retryAtMs();
        final int failures = (int) decoder.failures();
        decoder.wrapTenant(tenant);
        decoder.wrapKey(key);
        if (isSet) {
            state.settingChanges()
                    .floatingLimitSet(
                            tenant,
                            key,
                            new FloatingLimits.Finding(
                                    max, intervalMs, refreshedAtMs, retryAtMs, failures, decoder.errorCode()),
                            place.position());
        } else {
            state.settingChanges().floatingLimitForgotten(tenant, key);
        }
    }
}
