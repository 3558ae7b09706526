package io.silo.client;

/**
 * Whose tasks are pushed, and to whom.
 *
 * @param tenant empty = of all tenants that this client may see.
 * @param taskGroup whose tasks are wanted.
 * @param workerId whose the leases are to be, 1 to 256 bytes.
 */
public record TaskFeed(String tenant, String taskGroup, String workerId) {}
