package io.silo.client;

import org.jspecify.annotations.Nullable;

/**
 * A key of concurrency limits that is in use.
 *
 * @param tenant {@code -} if jobs of none name it.
 * @param max that was set in place of each job's own maximum; null = none is, 0 = nothing new runs.
 * @param holders leases that hold a slot.
 * @param waiting due tasks that wait for one. A task waits for one limit at a time; so it counts in no more than one.
 */
public record LimitSummary(
        String tenant, String key, @Nullable Integer max, int holders, int waiting) {}
