package io.silo.simulation.model;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which running jobs hold slots of which concurrency limits. */
final class ModelLimits {
    private record Key(String tenant, String id) {}

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

    /** Its lease ended, and with it what it held. */
    void release(ModelJob job) {
        for (ModelLimit limit : job.definition.limitsOnce()) {
            final Set<Long> jobs = holders.get(key(job, limit));
            if (jobs != null && jobs.remove(job.key()) && jobs.isEmpty()) {
                holders.remove(key(job, limit));
            }
        }
    }

    /** Slots that the job could have, by its own maximum. */
    long free(ModelJob job, ModelLimit limit) {
        return limit.isRate()
                ? Long.MAX_VALUE
                : limit.max() - holders.getOrDefault(key(job, limit), Set.of()).size();
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

    private static Key key(ModelJob job, ModelLimit limit) {
        return new Key(job.definition.tenant(), limit.id());
    }
}
