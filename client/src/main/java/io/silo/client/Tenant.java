package io.silo.client;

/**
 * A tenant: what it may have of the server, and what it has.
 *
 * @param name {@code -} stands for jobs of none.
 * @param settings what it may have.
 * @param scheduled jobs that wait.
 * @param running jobs that run, in all task groups.
 * @param bytes of its jobs that have not ended, as {@link TenantSettings#bytesMax} counts them.
 */
public record Tenant(String name, TenantSettings settings, long scheduled, long running, long bytes) {}
