package io.silo.sql;

/**
 * A shard that a statement reads.
 *
 * @param id as the column {@code shard_id} shows it.
 * @param tenantHash any that the shard holds.
 * @param tenant rows of this one alone; empty = all that the statement may see.
 */
public record QueryShard(String id, long tenantHash, String tenant) {
    /** The tenant whose rows a statement sees here; empty = all. */
    String scope(QueryOptions options) {
        return tenant.isEmpty() ? options.tenant() : tenant;
    }
}
