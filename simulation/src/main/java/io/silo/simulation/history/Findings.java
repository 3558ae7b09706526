package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Violations as they are found. One thread. */
final class Findings {
    /** Kept for each invariant: more of the same tells no more. */
    static final int KEPT_MAX = 100;

    private final List<Violation> violations = new ArrayList<>();
    private final Map<Invariant, Integer> counts = new EnumMap<>(Invariant.class);

    void add(Invariant invariant, JobRef job, String sentence) {
        if (counts.merge(invariant, 1, Integer::sum) <= KEPT_MAX) {
            violations.add(new Violation(invariant.label(), "Job " + job + ": " + sentence));
        }
    }

    List<Violation> violations() {
        return List.copyOf(violations);
    }
}
