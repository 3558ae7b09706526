package io.silo.client;

/**
 * Names a lease for whoever does not hold a {@link Task} or {@link LeasedTask}: another process that was told of it, say. Whoever knows it
 * may report its outcome. Immutable; any thread.
 *
 * @param tenantHash of the job's tenant, or any other that the same shard holds.
 * @param jobKey of the job; 0 = the lease is of a refresh.
 * @param tokenEpoch upper half of the lease's token, unsigned.
 * @param token lower half.
 */
public record LeaseId(long tenantHash, long jobKey, long tokenEpoch, long token) {}
