package io.silo.client;

import io.silo.protocol.Bounds;

/**
 * Names a schedule.
 *
 * @param tenant of the schedule; empty and {@code -} = none.
 * @param id unique in its tenant.
 */
public record ScheduleRef(String tenant, String id) {
    public ScheduleRef {
        tenant = tenant.isEmpty() ? Bounds.TENANT_NONE : tenant;
    }
}
