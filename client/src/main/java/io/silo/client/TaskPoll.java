package io.silo.client;

import java.time.Duration;

/**
 * What is asked of {@link Leases}.
 *
 * @param tenantHash any that the shard holds which is asked.
 * @param tenant empty = of all tenants that this client may see.
 * @param taskGroup whose tasks, or refreshes, are wanted.
 * @param workerId whose the leases are to be, 1 to 256 bytes.
 * @param max how many at most; 0 = none. Up to 1,024 tasks or 64 refreshes.
 * @param longPoll how long to wait for the first, 0 to 60 s.
 */
public record TaskPoll(long tenantHash, String tenant, String taskGroup, String workerId, int max, Duration longPoll) {}
