package io.silo.simulation.model;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which running jobs hold slots of which concurrency limits, and the maxima that operators set. */
final class ModelLimits {
    /** A limit of a tenant. */
    record Key(String tenant, String key) implements Comparable<Key> {
        private static final Comparator<Key> ORDER =
                Comparator.comparing(Key::tenant).thenComparing(Key::key);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    /** A maximum and where the log says so. */
    private record SetMax(long max, long position) {}

    private final TreeMap<Key, SetMax> set = new TreeMap<>();

    /** Record that last changed a maximum, by key. */
    private final Map<Key, Long> changedAt = new HashMap<>();

    /** Keys of the jobs. */
    private final Map<Key, Set<Long>> holders = new HashMap<>();

    /** The lease of a job takes slots. */
    void hold(ModelJob job, int bits) {
        final List<ModelLimit> limits = job.definition.limitsOnce();
        Claim.check(bits < 1 << limits.size(), "%s holds limits %d of %s", job, bits, limits);
        for (int i = 0; i < limits.size(); i++) {
            if ((bits >> i & 1) != 0) {
                holders.computeIfAbsent(key(job, limits.get(i)), k -> new HashSet<>())
                        .add(job.key());
            }
        }
    }

    void apply(ModelEvent.LimitSet event) {
        final Key key = new Key(event.tenant(), event.key());
        if (!Objects.equals(setMax(key), event.max())) {
            changedAt.put(key, event.place().position());
        }
        if (event.max() == null) {
            set.remove(key);
        } else {
            set.put(key, new SetMax(event.max(), event.place().position()));
        }
    }

    /** The maximum that is set for a key, or null. */
    @Nullable
    Long setMax(Key key) {
        final SetMax found = set.get(key);
        return found == null ? null : found.max();
    }

    /** Record since which a maximum is as it is; -1 if none is known. */
    long changedAt(Key key) {
        return changedAt.getOrDefault(key, -1L);
    }

    /** Where the records lie that are needed, by key. */
    Map<Key, Long> positions() {
        final Map<Key, Long> positions = new TreeMap<>();
        set.forEach((key, max) -> positions.put(key, max.position()));
        return positions;
    }

    /** Keys that are set or held. */
    Set<Key> inUse() {
        final Set<Key> keys = new TreeSet<>(set.keySet());
        keys.addAll(holders.keySet());
        return keys;
    }

    /** Keys of the jobs that hold slots of a limit. */
    Set<Long> holders(Key key) {
        return holders.getOrDefault(key, Set.of());
    }

    void copyFrom(ModelLimits other) {
        set.putAll(other.set);
        changedAt.putAll(other.changedAt);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelLimits rebuilt) {
        Claim.equal(set, rebuilt.set, "limits set by the log");
    }

    /** Its lease ended, and with it what it held. */
    void release(ModelJob job) {
        for (ModelLimit limit : job.definition.limitsOnce()) {
            final Set<Long> jobs = holders.get(key(job, limit));
            if (jobs != null && jobs.remove(job.key()) && jobs.isEmpty()) {
                holders.remove(key(job, limit));
            }
        }
    }

    /** The maximum in force for a job. */
    long max(ModelJob job, ModelLimit limit) {
        final Long max = setMax(key(job, limit));
        return max == null ? limit.max() : max;
    }

    /** Slots that the job could have, by the maximum in force. */
    long free(ModelJob job, ModelLimit limit) {
        return limit.isRate()
                ? Long.MAX_VALUE
                : max(job, limit)
                        - holders.getOrDefault(key(job, limit), Set.of()).size();
    }

    /** A bit for each limit of which a start of the job takes a slot. */
    static int bits(ModelJob job) {
        int bits = 0;
        final List<ModelLimit> limits = job.definition.limitsOnce();
        for (int i = 0; i < limits.size(); i++) {
            bits |= limits.get(i).isRate() ? 0 : 1 << i;
        }
        return bits;
    }

    boolean hasRoom(ModelJob job) {
        return job.definition.limitsOnce().stream().allMatch(limit -> free(job, limit) > 0);
    }

    /** Whether two jobs compete for a slot. */
    static boolean share(ModelJob job, ModelJob other) {
        return job.definition.tenant().equals(other.definition.tenant())
                && job.definition.limitsOnce().stream()
                        .anyMatch(limit -> other.definition.limitsOnce().stream()
                                .anyMatch(another -> another.id().equals(limit.id())));
    }

    static Key key(ModelJob job, ModelLimit limit) {
        return new Key(job.definition.tenant(), limit.id());
    }
}
