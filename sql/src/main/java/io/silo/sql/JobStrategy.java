package io.silo.sql;

import io.silo.client.JobScan;
import io.silo.client.JobStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which index a read of jobs goes along, the most selective first: an id, a metadata entry, the chains of a tenant's statuses, all rows.
 *
 * @param name as {@code EXPLAIN} shows it.
 * @param scans that find every row that is wanted, and some that are not.
 * @param isMoving whether a job may be met by two of the scans, or by one twice.
 */
record JobStrategy(String name, List<JobScan> scans, boolean isMoving) {
    /** Ids and tenants that are looked up one by one; more are looked for. */
    private static final int LOOKUPS_MAX = 1_024;

    /** Longer texts are not sent: what has them is looked for. */
    private static final int METADATA_CHARACTERS_MAX = 2_048;

    /**
     * Chooses.
     *
     * @param scope the tenant that the statement sees; empty = all.
     * @param columns what the scans show.
     */
    static JobStrategy of(Bounds bounds, String scope, int columns) {
        final Set<String> tenants = tenants(bounds, scope);
        if (bounds.isNothing() || tenants != null && tenants.isEmpty()) {
            return new JobStrategy("Nothing", List.of(), false);
        }
        final String tenant =
                tenants != null && tenants.size() == 1 ? tenants.iterator().next() : "";
        final Set<String> ids = bounds.ids();
        if (ids != null && ids.size() <= LOOKUPS_MAX) {
            final List<JobScan> scans = new ArrayList<>();
            new TreeSet<>(ids)
                    .forEach(id -> scans.add(scan(bounds, tenant, columns).byJob(id)));
            return new JobStrategy("ExactId", scans, false);
        }
        final Bounds.Metadata metadata = bounds.metadata();
        if (metadata != null && metadata.key().length() + metadata.value().length() <= METADATA_CHARACTERS_MAX) {
            final JobScan scan =
                    scan(bounds, tenant, columns).byMetadata(metadata.key(), metadata.value(), metadata.isPrefix());
            return new JobStrategy(metadata.isPrefix() ? "MetadataPrefix" : "MetadataExact", List.of(scan), true);
        }
        return tenant.isEmpty() ? rows(bounds, columns) : chains(bounds, tenant, columns);
    }

    private static @Nullable Set<String> tenants(Bounds bounds, String scope) {
        if (scope.isEmpty()) {
            return bounds.tenants();
        }
        return bounds.tenants() == null || bounds.tenants().contains(scope) ? Set.of(scope) : Set.of();
    }

    /** All rows, of one tenant if it is the larger part of them anyway. */
    static JobStrategy rows(Bounds bounds, String tenant, int columns) {
        final boolean isOfAll = bounds.statuses() == DisplayStatus.ALL;
        final String name = bounds.taskGroups() != null ? "TaskGroupScan" : isOfAll ? "FullScan" : "Status";
        return new JobStrategy(name, List.of(scan(bounds, tenant, columns)), false);
    }

    private static JobStrategy rows(Bounds bounds, int columns) {
        return rows(bounds, "", columns);
    }

    /** The chains of a tenant, one for each stored status. */
    static JobStrategy chains(Bounds bounds, String tenant, int columns) {
        final List<JobScan> scans = new ArrayList<>();
        for (final JobStatus status : JobStatus.values()) {
            final int mask =
                    status == JobStatus.SCHEDULED ? JobScan.bit(status) | JobScan.WAITING : JobScan.bit(status);
            if ((bounds.statuses() & mask) != 0) {
                scans.add(scan(bounds, tenant, columns)
                        .statuses(bounds.statuses() & mask)
                        .byStatus());
            }
        }
        final String name =
                bounds.statuses() == DisplayStatus.ALL ? "Tenant" : scans.size() == 1 ? "Status" : "StatusUnion";
        return new JobStrategy(name, scans, true);
    }

    private static JobScan scan(Bounds bounds, String tenant, int columns) {
        final JobScan scan = new JobScan()
                .tenant(tenant)
                .statuses(bounds.statuses() == DisplayStatus.ALL ? 0 : bounds.statuses())
                .changed(bounds.minChangedAtMs(), bounds.maxChangedAtMs())
                .columns(columns);
        final Set<String> groups = bounds.taskGroups();
        return groups != null && groups.size() == 1
                ? scan.taskGroup(groups.iterator().next())
                : scan;
    }

    /** Whether it is the chains of a tenant in all statuses. */
    boolean isWholeTenant() {
        return name.equals("Tenant");
    }
}
