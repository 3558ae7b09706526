package io.silo.simulation.model;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Task groups and tenants that are paused, and where the log says so. */
final class ModelPauses {
    /** What can be paused; the numbers are those of the wire. */
    static final int TASK_GROUP = 0;

    static final int TENANT = 1;

    /** Positions of their last records, by kind and name. */
    private final TreeMap<String, Long> positions = new TreeMap<>();

    /** Record that last paused or resumed, by kind and name. */
    private final TreeMap<String, Long> changedAt = new TreeMap<>();

    static String key(int kind, String name) {
        return kind + ":" + name;
    }

    void apply(ModelEvent.PauseSet event) {
        final String key = key(event.kind(), event.name());
        if (event.paused() != positions.containsKey(key)) {
            changedAt.put(key, event.place().position());
        }
        if (event.paused()) {
            positions.put(key, event.place().position());
        } else {
            positions.remove(key);
        }
    }

    boolean isPaused(int kind, String name) {
        return positions.containsKey(key(kind, name));
    }

    /** What is paused behind this one, by kind and name. */
    List<String> after(int kind, String name) {
        return List.copyOf(positions.tailMap(key(kind, name), false).keySet());
    }

    /** Record since which all of it is as it is; -1 if none is known. */
    long changedAt() {
        return changedAt.values().stream().mapToLong(Long::longValue).max().orElse(-1);
    }

    /** Record since which it is as it is; -1 if none is known. */
    long changedAt(int kind, String name) {
        return changedAt.getOrDefault(key(kind, name), -1L);
    }

    int count() {
        return positions.size();
    }

    /** Where the records lie that are needed. */
    Map<String, Long> positions() {
        return positions;
    }

    void copyFrom(ModelPauses other) {
        positions.putAll(other.positions);
        changedAt.putAll(other.changedAt);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelPauses rebuilt) {
        Claim.equal(positions, rebuilt.positions, "pauses in the log");
    }
}
