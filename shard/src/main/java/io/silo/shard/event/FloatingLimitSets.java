package io.silo.shard.event;

import io.silo.protocol.Bounds;
import io.silo.protocol.event.FloatingLimitSetEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.shard.state.FloatingLimits;
import org.agrona.DirectBuffer;

/** Writes FloatingLimitSet events: of commands, and as images. Shard thread only. */
public final class FloatingLimitSets {
    /** One with the longest names. */
    public static final int BYTES_MAX =
            128 + 4 * Bounds.TENANT_CHARACTERS_MAX + Bounds.LIMIT_KEY_BYTES_MAX + Bounds.ERROR_CODE_BYTES_MAX;

    private static final FloatingLimits.Finding NOTHING = new FloatingLimits.Finding(0, 0, 0, 0, 0, "");

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final FloatingLimitSetEncoder event = new FloatingLimitSetEncoder();

    /** Something is known of a key from now on. The record has room. */
    public void write(RecordBuffer record, DirectBuffer tenant, DirectBuffer key, FloatingLimits.Finding finding) {
        write(record, tenant, key, finding, true);
    }

    /** Nothing is. */
    public void forget(RecordBuffer record, DirectBuffer tenant, DirectBuffer key) {
        write(record, tenant, key, NOTHING, false);
    }

    private void write(
            RecordBuffer record, DirectBuffer tenant, DirectBuffer key, FloatingLimits.Finding finding, boolean isSet) {
        event.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .maxConcurrency(finding.max())
                .isSet((short) (isSet ? 1 : 0))
                .refreshIntervalMs(finding.intervalMs())
                .refreshedAtMs(finding.refreshedAtMs())
                .retryAtMs(finding.retryAtMs())
                .failures(finding.failures())
                .putTenant(tenant, 0, tenant.capacity())
                .putKey(key, 0, key.capacity())
                .errorCode(finding.errorCode());
        record.commit(event.limit());
    }
}
