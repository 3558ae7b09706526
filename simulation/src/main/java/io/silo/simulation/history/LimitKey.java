package io.silo.simulation.history;

/**
 * A limit of a tenant.
 *
 * @param shard on which the tenant is.
 * @param key empty = all of the tenant, where slots are dropped.
 */
public record LimitKey(int shard, String tenant, String key) {}
