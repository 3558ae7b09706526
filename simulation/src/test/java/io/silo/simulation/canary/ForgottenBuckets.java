package io.silo.simulation.canary;

import io.silo.shard.state.RateView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.concurrent.UnsafeBuffer;

/** At a restart every bucket of a rate limit is full again. */
final class ForgottenBuckets {
    private ForgottenBuckets() {}

    static void forget(ShardState state) {
        RateView rates = state.rates();
        UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
        UnsafeBuffer name = new UnsafeBuffer(0, 0);
        UnsafeBuffer key = new UnsafeBuffer(0, 0);
        for (int row = 0; row < rates.slotLimit(); row++) {
            int limit = rates.limitSetUntil(row, Long.MAX_VALUE);
            if (limit != RowSlab.NULL_SLOT) {
                state.wrapTenant(rates.tenant(limit), tenant);
                rates.wrapName(limit, name);
                rates.wrapKey(limit, key);
                state.limitChanges()
                        .of(name, 0, name.capacity(), key, 0, key.capacity())
                        .bucketDropped(tenant, 0, tenant.capacity());
            }
        }
    }
}
