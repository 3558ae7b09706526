package io.silo.simulation;

import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.Scenarios;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.FaultFilter;
import io.silo.simulation.world.Feature;
import java.util.stream.Collectors;

/**
 * What is to be run: a seed, a scenario, and what is left out. Equal plans make equal runs.
 *
 * @param seed from 0 to 2^53, so that it is the same number everywhere it is written.
 */
public record SimPlan(long seed, Scenario scenario, FaultFilter filter) {
    /** Largest seed. */
    public static final long SEED_MAX = 1L << 53;

    public SimPlan {
        if (seed < 0 || seed > SEED_MAX) {
            throw new IllegalArgumentException("A seed is a number from 0 to " + SEED_MAX + ", not " + seed + ".");
        }
    }

    /** The seed's own scenario, nothing left out. */
    public static SimPlan of(long seed) {
        return of(seed, Scenarios.ofSeed(seed));
    }

    /** Nothing left out. */
    public static SimPlan of(long seed, Scenario scenario) {
        return new SimPlan(seed, scenario, FaultFilter.ALL);
    }

    SimPlan with(FaultFilter other) {
        return new SimPlan(seed, scenario, other);
    }

    /** The one command that makes this run again. */
    public String command() {
        StringBuilder command = new StringBuilder("./silo sim --seed " + seed + " --scenario " + scenario.name());
        if (!filter.withoutFaults().isEmpty()) {
            command.append(" --without-fault ")
                    .append(filter.withoutFaults().stream()
                            .sorted()
                            .map(Fault::label)
                            .collect(Collectors.joining(",")));
        }
        if (!filter.withoutFeatures().isEmpty()) {
            command.append(" --without-feature ")
                    .append(filter.withoutFeatures().stream()
                            .sorted()
                            .map(Feature::label)
                            .collect(Collectors.joining(",")));
        }
        if (!filter.skipped().isEmpty()) {
            command.append(" --skip ")
                    .append(filter.skipped().stream()
                            .map(range -> range.first() + "-" + range.last())
                            .collect(Collectors.joining(",")));
        }
        if (filter.jobsMax() != Integer.MAX_VALUE) {
            command.append(" --jobs-each ").append(filter.jobsMax());
        }
        return command.toString();
    }
}
