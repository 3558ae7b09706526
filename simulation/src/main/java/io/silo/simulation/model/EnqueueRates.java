package io.silo.simulation.model;

import java.util.HashMap;
import java.util.Map;

/** How many jobs may still come this second, of each tenant with a bound on it. Nobody logs that: it begins anew with the shard. */
final class EnqueueRates {
    private static final long SECOND_MS = 1_000;

    /** @param thousandths of enqueues that were left when they were counted. */
    private record Left(long perSecond, long thousandths, long atMs) {}

    private final Map<String, Left> byTenant = new HashMap<>();

    void clear() {
        byTenant.clear();
    }

    /** Settings of a tenant changed: another rate begins with all of its second. */
    void changed(String tenant, long perSecond) {
        final Left left = byTenant.get(tenant);
        if (left != null && left.perSecond != perSecond) {
            byTenant.remove(tenant);
        }
    }

    boolean isLeft(String tenant, long perSecond, long nowMs) {
        return perSecond == ModelTenants.NO_BOUND || thousandths(tenant, perSecond, nowMs) >= SECOND_MS;
    }

    void take(String tenant, long perSecond, long nowMs) {
        if (perSecond != ModelTenants.NO_BOUND) {
            byTenant.put(tenant, new Left(perSecond, thousandths(tenant, perSecond, nowMs) - SECOND_MS, nowMs));
        }
    }

    private long thousandths(String tenant, long perSecond, long nowMs) {
        final long most = perSecond * SECOND_MS;
        final Left left = byTenant.get(tenant);
        return left == null
                ? most
                : Math.min(most, left.thousandths + Math.min(SECOND_MS, nowMs - left.atMs) * perSecond);
    }
}
