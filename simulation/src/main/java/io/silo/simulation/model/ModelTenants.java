package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.shard.state.JobState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What tenants may have, where the log says so, and how many of their jobs run in each task group. */
final class ModelTenants {
    static final long NO_BOUND = -1;

    /** Bits of the fields that a change names. */
    private static final int WEIGHT = 1;

    private static final int RUNNING_MAX = 2;
    private static final int QUEUED_MAX = 4;
    private static final int BYTES_MAX = 8;
    private static final int PER_SECOND = 16;

    /** All settings of a tenant. */
    record Settings(long weight, long runningMax, long queuedMax, long bytesMax, long perSecond) {
        static final Settings DEFAULT = new Settings(1, NO_BOUND, NO_BOUND, NO_BOUND, NO_BOUND);

        Settings with(int fields, Settings change) {
            return new Settings(
                    (fields & WEIGHT) == 0 ? weight : change.weight,
                    (fields & RUNNING_MAX) == 0 ? runningMax : change.runningMax,
                    (fields & QUEUED_MAX) == 0 ? queuedMax : change.queuedMax,
                    (fields & BYTES_MAX) == 0 ? bytesMax : change.bytesMax,
                    (fields & PER_SECOND) == 0 ? perSecond : change.perSecond);
        }

        boolean isGood() {
            return isWithin(weight, 1, Bounds.TENANT_WEIGHT_MAX)
                    && (runningMax == NO_BOUND || isWithin(runningMax, 1, Bounds.TENANT_RUNNING_MAX))
                    && (queuedMax == NO_BOUND || isWithin(queuedMax, 0, Bounds.TENANT_QUEUED_MAX))
                    && (bytesMax == NO_BOUND || isWithin(bytesMax, 0, Bounds.TENANT_BYTES_MAX))
                    && (perSecond == NO_BOUND || isWithin(perSecond, 1, Bounds.TENANT_ENQUEUES_PER_SECOND_MAX));
        }

        boolean hasQuota() {
            return queuedMax != NO_BOUND || bytesMax != NO_BOUND;
        }

        private static boolean isWithin(long value, long min, long max) {
            return value >= min && value <= max;
        }
    }

    private record Place(String tenant, String taskGroup) {}

    private final TreeMap<String, Settings> settings = new TreeMap<>();

    /** Positions of their last records. */
    private final Map<String, Long> positions = new TreeMap<>();

    /** Records that last changed something. */
    private final Map<String, Long> changedAt = new TreeMap<>();

    /** Tenants that had a quota at some time: what was refused them once may be allowed by now. */
    private final Set<String> everBounded = new HashSet<>();

    private final Map<Place, Integer> running = new HashMap<>();

    void apply(ModelEvent.TenantSet event) {
        final String tenant = event.tenant();
        if (!event.settings().equals(of(tenant))) {
            changedAt.put(tenant, event.place().position());
        }
        if (event.settings().hasQuota()) {
            everBounded.add(tenant);
        }
        if (event.settings().equals(Settings.DEFAULT)) {
            settings.remove(tenant);
            positions.remove(tenant);
        } else {
            settings.put(tenant, event.settings());
            positions.put(tenant, event.place().position());
        }
    }

    Settings of(String tenant) {
        return settings.getOrDefault(tenant, Settings.DEFAULT);
    }

    List<String> after(String tenant) {
        return List.copyOf(settings.tailMap(tenant, false).keySet());
    }

    int count() {
        return settings.size();
    }

    boolean wasEverBounded(String tenant) {
        return everBounded.contains(tenant);
    }

    /** Record since which the tenant's settings are as they are; -1 if none is known. */
    long changedAt(String tenant) {
        return changedAt.getOrDefault(tenant, -1L);
    }

    /** Record since which all settings are as they are; -1 if none is known. */
    long changedAt() {
        return changedAt.values().stream().mapToLong(Long::longValue).max().orElse(-1);
    }

    /** Where the records lie that are needed. */
    Map<String, Long> positions() {
        return positions;
    }

    void run(ModelJob job, int change) {
        running.merge(
                new Place(job.definition.tenant(), job.definition.taskGroup()),
                change,
                (a, b) -> a + b == 0 ? null : a + b);
    }

    /** Jobs of a group that the tenant may have beside those that run. */
    int room(String tenant, String taskGroup) {
        final long max = of(tenant).runningMax();
        return max == NO_BOUND
                ? Integer.MAX_VALUE
                : (int) Math.max(0, max - running.getOrDefault(new Place(tenant, taskGroup), 0));
    }

    /** Whether a job of this many bytes may come to wait. */
    boolean hasQuota(Iterable<ModelJob> jobs, String tenant, long bytes) {
        final Settings own = of(tenant);
        if (!own.hasQuota()) {
            return true;
        }
        long count = 0;
        for (ModelJob job : jobs) {
            count += isCounted(job, tenant) ? 1 : 0;
        }
        return (own.queuedMax == NO_BOUND || count < own.queuedMax)
                && (own.bytesMax == NO_BOUND || bytes(jobs, tenant) + bytes <= own.bytesMax);
    }

    /** Bytes of a tenant's jobs that have not ended. */
    static long bytes(Iterable<ModelJob> jobs, String tenant) {
        long bytes = 0;
        for (ModelJob job : jobs) {
            bytes += isCounted(job, tenant) ? job.definition.storedBytes() : 0;
        }
        return bytes;
    }

    static int count(Iterable<ModelJob> jobs, String tenant, JobState state) {
        int count = 0;
        for (ModelJob job : jobs) {
            count += job.state == state && job.definition.tenant().equals(tenant) ? 1 : 0;
        }
        return count;
    }

    private static boolean isCounted(ModelJob job, String tenant) {
        return !job.state.isTerminal() && job.definition.tenant().equals(tenant);
    }

    void copyFrom(ModelTenants other) {
        settings.putAll(other.settings);
        positions.putAll(other.positions);
        changedAt.putAll(other.changedAt);
        everBounded.addAll(other.everBounded);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelTenants rebuilt) {
        Claim.equal(settings, rebuilt.settings, "settings of tenants in the log");
        Claim.equal(positions, rebuilt.positions, "places of the settings of tenants in the log");
    }
}
