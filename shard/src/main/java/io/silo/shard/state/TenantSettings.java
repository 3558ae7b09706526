package io.silo.shard.state;

import io.silo.protocol.Bounds;
import io.silo.protocol.Xxh64;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What operators set for tenants: weight, cap on running jobs, quotas. A tenant that nothing is set for has no entry; one that has an
 * entry keeps its name's number. How many enqueues are left of the second under way is volatile. Shard thread only; allocates when
 * settings change.
 */
public final class TenantSettings {
    /** Tenants that have settings; an operator's script that sets more has gone wrong. */
    public static final int ENTRIES_MAX = 65_536;

    /** Stands for no bound. */
    public static final int NO_BOUND = -1;

    private static final int SECOND_MS = 1_000;

    /**
     * Settings of one tenant.
     *
     * @param weight tasks it gets in one turn.
     * @param runningMax running jobs in each task group.
     * @param queuedMax jobs that have not ended.
     * @param bytesMax bytes of those: see {@link JobView#storedBytes}.
     * @param enqueuesPerSecond jobs that come new.
     */
    public record Settings(int weight, int runningMax, long queuedMax, long bytesMax, int enqueuesPerSecond) {
        public static final Settings DEFAULT = new Settings(1, NO_BOUND, NO_BOUND, NO_BOUND, NO_BOUND);

        /** Whether each is in its range. */
        public boolean isValid() {
            return weight >= 1
                    && weight <= Bounds.TENANT_WEIGHT_MAX
                    && isBound(runningMax, 1, Bounds.TENANT_RUNNING_MAX)
                    && isBound(queuedMax, 0, Bounds.TENANT_QUEUED_MAX)
                    && isBound(bytesMax, 0, Bounds.TENANT_BYTES_MAX)
                    && isBound(enqueuesPerSecond, 1, Bounds.TENANT_ENQUEUES_PER_SECOND_MAX);
        }

        private static boolean isBound(long value, long min, long max) {
            return value == NO_BOUND || value >= min && value <= max;
        }

        private long hash(String tenant) {
            final UnsafeBuffer name = new UnsafeBuffer(tenant.getBytes(StandardCharsets.UTF_8));
            long h = Xxh64.mix(Xxh64.hash(name, 0, name.capacity()) + weight);
            h = Xxh64.mix(h + runningMax);
            h = Xxh64.mix(h + queuedMax);
            h = Xxh64.mix(h + bytesMax);
            return Xxh64.mix(h + enqueuesPerSecond);
        }
    }

    /** A tenant by name, and what is set for it. */
    public record Named(String tenant, Settings settings) {}

    private static final class Entry {
        private final int number;
        private Settings settings = Settings.DEFAULT;
        /** Where the event lies that says so. */
        private long position;
        /** Thousandths of an enqueue that are left, and when they were counted. */
        private long milliEnqueues;

        private long countedAtMs;
        private boolean isCounted;

        private Entry(int number) {
            this.number = number;
        }
    }

    private final NameTable tenants;
    private final ReadyQueue ready;
    private final LimitLines lines;
    private final LeaseTable leases;
    private final JobTable jobs;
    private final TreeMap<String, Entry> byName = new TreeMap<>();
    private final Int2ObjectHashMap<Entry> byNumber = new Int2ObjectHashMap<>();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);
    private long digest;

    TenantSettings(NameTable tenants, TaskQueues queues, LeaseTable leases, JobTable jobs) {
        this.tenants = tenants;
        this.ready = queues.ready;
        this.lines = queues.lines;
        this.leases = leases;
        this.jobs = jobs;
    }

    /** The task group of each live lease of a tenant's jobs, as {@link ReadyQueue.Leases}. Looks at every lease. */
    void forEachLeasedGroup(int tenant, IntConsumer group) {
        for (int lease = 0; lease < leases.slotEnd(); lease++) {
            if (leases.isLive(lease) && jobs.tenant(leases.job(lease)) == tenant) {
                group.accept(jobs.taskGroup(leases.job(lease)));
            }
        }
    }

    /** Settings of a tenant as an event says they are. */
    void set(String tenant, Settings settings, long position) {
        final Entry known = byName.get(tenant);
        if (known == null && settings.equals(Settings.DEFAULT)) {
            return;
        }
        final Entry entry = known == null ? open(tenant) : known;
        digest += settings.hash(tenant) - (known == null ? 0 : known.settings.hash(tenant));
        final int capBefore = entry.settings.runningMax;
        entry.isCounted &= settings.enqueuesPerSecond == entry.settings.enqueuesPerSecond;
        entry.settings = settings;
        entry.position = position;
        ready.setWeight(entry.number, settings.weight);
        if (settings.runningMax != capBefore) {
            ready.cap(
                    entry.number,
                    settings.runningMax == NO_BOUND ? ReadyQueue.NO_CAP : settings.runningMax,
                    this::forEachLeasedGroup);
            lines.onCapChanged(entry.number);
        }
        if (settings.equals(Settings.DEFAULT)) {
            digest -= settings.hash(tenant);
            byName.remove(tenant);
            byNumber.remove(entry.number);
            tenants.release(entry.number);
        }
    }

    private Entry open(String tenant) {
        name.wrap(tenant.getBytes(StandardCharsets.UTF_8));
        final int number = tenants.acquire(name, 0, name.capacity());
        Invariant.check(number >= 0, "name table overflow");
        final Entry entry = new Entry(number);
        byName.put(tenant, entry);
        byNumber.put(number, entry);
        return entry;
    }

    /** Settings of a tenant by name. */
    public Settings of(String tenant) {
        final Entry entry = byName.get(tenant);
        return entry == null ? Settings.DEFAULT : entry.settings;
    }

    /** Settings of a tenant by number; -1, a tenant that is not known, has none. Does not allocate. */
    public Settings of(int tenant) {
        final Entry entry = byNumber.isEmpty() ? null : byNumber.get(tenant);
        return entry == null ? Settings.DEFAULT : entry.settings;
    }

    /** The first one behind this name, which need not be there. */
    public @Nullable Named after(String tenant) {
        final Map.Entry<String, Entry> next = byName.higherEntry(tenant);
        return next == null ? null : new Named(next.getKey(), next.getValue().settings);
    }

    /** Tenants that have settings. */
    public int count() {
        return byName.size();
    }

    /** Those whose event lies at or before {@code position}. */
    public List<Named> setUntil(long position) {
        final List<Named> found = new ArrayList<>();
        byName.forEach((tenant, entry) -> {
            if (entry.position <= position) {
                found.add(new Named(tenant, entry.settings));
            }
        });
        return found;
    }

    /**
     * Takes one from what a tenant may enqueue this second. A bucket that fills evenly and holds one second's worth; full at first,
     * after another rate was set, and after a restart. Volatile; does not allocate.
     *
     * @param nowMs monotonic.
     * @return false, with nothing taken, if none is left.
     */
    boolean takeEnqueue(int tenant, long nowMs) {
        final Entry entry = byNumber.isEmpty() ? null : byNumber.get(tenant);
        if (entry == null || entry.settings.enqueuesPerSecond == NO_BOUND) {
            return true;
        }
        final long perSecond = entry.settings.enqueuesPerSecond;
        final long elapsedMs =
                entry.isCounted ? Math.min(SECOND_MS, Math.max(0, nowMs - entry.countedAtMs)) : SECOND_MS;
        entry.milliEnqueues = Math.min(perSecond * SECOND_MS, entry.milliEnqueues + elapsedMs * perSecond);
        entry.countedAtMs = nowMs;
        entry.isCounted = true;
        if (entry.milliEnqueues < SECOND_MS) {
            return false;
        }
        entry.milliEnqueues -= SECOND_MS;
        return true;
    }

    /** Compares names, weights and caps with the tables that go by them. */
    void checkInvariants() {
        long sum = 0;
        for (Map.Entry<String, Entry> entry : byName.entrySet()) {
            final Settings settings = entry.getValue().settings;
            final int number = entry.getValue().number;
            name.wrap(entry.getKey().getBytes(StandardCharsets.UTF_8));
            Invariant.check(tenants.find(name, 0, name.capacity()) == number, "settings of a name that is gone");
            Invariant.check(byNumber.get(number) == entry.getValue(), "settings are not found by number");
            Invariant.check(!settings.equals(Settings.DEFAULT), "an entry that says nothing");
            Invariant.check(ready.weight(number) == settings.weight, "weight of a tenant differs from its settings");
            final int cap = settings.runningMax == NO_BOUND ? ReadyQueue.NO_CAP : settings.runningMax;
            Invariant.check(ready.cap(number) == cap, "cap of a tenant differs from its settings");
            sum += settings.hash(entry.getKey());
        }
        Invariant.check(byNumber.size() == byName.size(), "settings of tenants that have no name");
        Invariant.check(sum == digest, "digest of the settings differs from its recount");
        for (int tenant = 0; tenant < tenants.idEnd(); tenant++) {
            Invariant.check(
                    byNumber.containsKey(tenant) || ready.weight(tenant) == 1 && ready.cap(tenant) == ReadyQueue.NO_CAP,
                    "a tenant without settings has a weight or a cap");
        }
    }

    long digest() {
        return digest;
    }
}
