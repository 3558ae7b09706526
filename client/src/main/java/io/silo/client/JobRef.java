package io.silo.client;

import io.silo.protocol.Bounds;

/**
 * Names a job.
 *
 * @param tenant of the job; empty and {@code -} = none.
 * @param id unique in its tenant.
 */
public record JobRef(String tenant, String id) {
    public JobRef {
        tenant = tenant.isEmpty() ? Bounds.TENANT_NONE : tenant;
    }
}
