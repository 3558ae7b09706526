package io.silo.client;

import java.time.Duration;

/**
 * A floating limit that is to be found out, leased for a while.
 *
 * @param lease names the lease.
 * @param task what is to be found out.
 * @param length of the lease, from its grant or its last renewal.
 */
public record LeasedRefresh(LeaseId lease, RefreshTask task, Duration length) {}
