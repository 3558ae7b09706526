package io.silo.simulation.model;

import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which jobs a list or a bulk change is about. Immutable.
 *
 * @param statuses bit set, 1 = SCHEDULED; 0 = any.
 * @param minAgeMs time since the status last changed, at least.
 * @param tenant empty = any; so for the task group.
 * @param metadata keys and values in turn that a job must all have.
 */
record ModelFilter(int statuses, long minAgeMs, String tenant, String taskGroup, List<String> metadata) {
    /** Bit of every status. */
    static final int ALL_STATUSES = (1 << JobState.values().length) - 1;

    /** Whether nothing at all is asked. */
    boolean isEmpty() {
        return statuses == 0 && minAgeMs == 0 && tenant.isEmpty() && taskGroup.isEmpty() && metadata.isEmpty();
    }

    /** The same as events have it: entries by their keys, and for an absent tenant the one that the session may see. */
    ModelFilter of(String scope) {
        final List<String> sorted = new ArrayList<>();
        map(metadata).forEach((key, value) -> {
            sorted.add(key);
            sorted.add(value);
        });
        return new ModelFilter(statuses, minAgeMs, tenant.isEmpty() ? scope : tenant, taskGroup, sorted);
    }

    /** Whether a job is what is asked for, its age counted to a time, ms. */
    boolean matches(ModelJob job, long asOfMs) {
        final JobDefinition d = job.definition;
        return job.changedAtMs <= asOfMs
                && asOfMs - job.changedAtMs >= minAgeMs
                && (statuses == 0 || (statuses >> job.state.ordinal() & 1) == 1)
                && (tenant.isEmpty() || tenant.equals(d.tenant()))
                && (taskGroup.isEmpty() || taskGroup.equals(d.taskGroup()))
                && (metadata.isEmpty()
                        || map(d.metadata())
                                .entrySet()
                                .containsAll(map(metadata).entrySet()));
    }

    private static Map<String, String> map(List<String> keysAndValues) {
        final Map<String, String> map = new TreeMap<>();
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            map.put(keysAndValues.get(i), keysAndValues.get(i + 1));
        }
        return map;
    }

    /** Whether a key of the metadata stands there twice. */
    boolean hasDoubleKey() {
        return map(metadata).size() * 2 != metadata.size();
    }
}
