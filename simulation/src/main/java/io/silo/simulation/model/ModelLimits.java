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

    /** What was found out and where the log says so. */
    private record Found(ModelFloating.Finding finding, long position) {}

    private final TreeMap<Key, SetMax> set = new TreeMap<>();
    private final TreeMap<Key, Found> found = new TreeMap<>();

    /** Record that last changed a maximum, by key. */
    private final Map<Key, Long> changedAt = new HashMap<>();

    /** What jobs ever said of floating limits. */
    private final Map<Key, Set<ModelFloating>> said = new HashMap<>();

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

    /** A job came, or comes again in the log. */
    void came(JobDefinition job) {
        for (ModelLimit limit : job.limits()) {
            final ModelFloating floating = limit.floating();
            if (floating != null) {
                said.computeIfAbsent(new Key(job.tenant(), limit.id()), k -> new HashSet<>())
                        .add(floating);
            }
        }
    }

    /** Whether a job ever said so of a floating limit. */
    boolean hasFloated(Key key, List<String> metadata) {
        return said.getOrDefault(key, Set.of()).stream()
                .anyMatch(floating -> floating.metadata().equals(metadata));
    }

    /** Whether a job, or an operator's finding before, ever said so of a floating limit. */
    boolean hasFloated(Key key, long intervalMs) {
        return said.getOrDefault(key, Set.of()).stream().anyMatch(floating -> floating.intervalMs() == intervalMs);
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

    void apply(ModelEvent.FloatingLimitSet event) {
        final Key key = new Key(event.tenant(), event.key());
        if (!Objects.equals(finding(key), event.finding())) {
            changedAt.put(key, event.place().position());
        }
        if (event.finding() == null) {
            found.remove(key);
        } else {
            found.put(key, new Found(event.finding(), event.place().position()));
        }
    }

    /** What is known of a floating limit, or null. */
    ModelFloating.@Nullable Finding finding(Key key) {
        final Found known = found.get(key);
        return known == null ? null : known.finding();
    }

    /** How many keys something is known of. */
    int findingCount() {
        return found.size();
    }

    /** The maximum that is set for a key, or null. */
    @Nullable
    Long setMax(Key key) {
        final SetMax setMax = set.get(key);
        return setMax == null ? null : setMax.max();
    }

    /** Record since which a maximum is as it is; -1 if none is known. */
    long changedAt(Key key) {
        return changedAt.getOrDefault(key, -1L);
    }

    /** Where the records lie that are needed, by key. */
    Map<Key, Long> positions() {
        final Map<Key, Long> positions = new TreeMap<>();
        set.forEach((key, max) -> positions.put(key, max.position()));
        found.forEach((key, finding) -> positions.merge(key, finding.position(), Math::min));
        return positions;
    }

    /** How many maxima are set. */
    int setCount() {
        return set.size();
    }

    /** Keys that are set or held. */
    Set<Key> inUse() {
        final Set<Key> keys = new TreeSet<>(set.keySet());
        keys.addAll(holders.keySet());
        found.forEach((key, known) -> {
            if (known.finding().max() != ModelFloating.Finding.NONE) {
                keys.add(key);
            }
        });
        return keys;
    }

    /** Keys of the jobs that hold slots of a limit. */
    Set<Long> holders(Key key) {
        return holders.getOrDefault(key, Set.of());
    }

    void copyFrom(ModelLimits other) {
        set.putAll(other.set);
        found.putAll(other.found);
        other.said.forEach((key, floating) -> said.put(key, new HashSet<>(floating)));
        changedAt.putAll(other.changedAt);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelLimits rebuilt) {
        Claim.equal(set, rebuilt.set, "limits set by the log");
        Claim.equal(found, rebuilt.found, "what the log found out");
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
        if (max != null) {
            return max;
        }
        final ModelFloating.Finding known = limit.isFloating() ? finding(key(job, limit)) : null;
        return known == null || known.max() == ModelFloating.Finding.NONE ? limit.max() : known.max();
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
