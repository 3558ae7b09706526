package io.silo.client;

import org.jspecify.annotations.Nullable;

/** Addresses a shard by its number on the node, or that of a tenant, wherever that is by now. */
abstract class ShardCall<T> extends Call<T> {
    /** The shard is the one of the tenant. */
    static final int OF_TENANT = -1;

    private final int shard;
    private final String tenant;

    /**
     * @param shard number on the node; does not count with a tenant.
     * @param tenant empty = none.
     */
    ShardCall(int shard, String tenant, long deadlineNs) {
        super(deadlineNs);
        this.shard = shard;
        this.tenant = tenant;
    }

    @Override
    final ShardMap.@Nullable Target target(ShardMap map) {
        if (!tenant.isEmpty()) {
            return map.target(ShardMap.hash(tenant));
        }
        return map.targets().stream()
                .filter(target -> target.shard() == shard)
                .findFirst()
                .orElse(null);
    }
}
