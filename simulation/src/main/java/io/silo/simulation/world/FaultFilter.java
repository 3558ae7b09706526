package io.silo.simulation.world;

import java.util.List;
import java.util.Set;

/**
 * Which of a run's faults and features are left out: all by default are in. The shrinker makes these smaller and smaller; the faults
 * of a run are numbered from 0 in the order in which they would strike.
 *
 * @param withoutFaults kinds that never strike.
 * @param withoutFeatures features that nobody uses.
 * @param skipped ranges of numbers, each [first, last], that do not strike.
 * @param jobsMax bound on jobs, beyond the scenario's own.
 */
public record FaultFilter(Set<Fault> withoutFaults, Set<Feature> withoutFeatures, List<Range> skipped, int jobsMax) {
    /** Nothing is left out. */
    public static final FaultFilter ALL = new FaultFilter(Set.of(), Set.of(), List.of(), Integer.MAX_VALUE);

    /** Numbers from first to last, both included. */
    public record Range(long first, long last) {}

    /** Whether the fault of this number may strike. */
    boolean allows(Fault fault, long number) {
        if (withoutFaults.contains(fault)) {
            return false;
        }
        for (Range range : skipped) {
            if (number >= range.first() && number <= range.last()) {
                return false;
            }
        }
        return true;
    }
}
