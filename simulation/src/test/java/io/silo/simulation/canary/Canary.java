package io.silo.simulation.canary;

import io.silo.simulation.SimPlan;
import io.silo.simulation.SimReport;
import io.silo.simulation.Simulation;
import io.silo.simulation.broker.SimParts;
import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.Scenarios;
import java.util.function.Supplier;

/**
 * A planted bug and where it must be found.
 *
 * @param breaks what it breaks, in a few words.
 * @param scenario name of the scenario that it is run under.
 * @param seedsMax it must be found by a seed from 1 to this one.
 * @param isTwice whether it shows only between two runs of one seed.
 * @param parts makes the parts with the bug, for one run.
 */
record Canary(String name, String breaks, String scenario, int seedsMax, boolean isTwice, Supplier<SimParts> parts) {
    SimReport run(long seed) {
        Scenario named = Scenarios.named(scenario).orElseThrow();
        SimPlan plan = SimPlan.of(seed, named);
        return isTwice ? Simulation.verify(plan, parts.get()) : Simulation.run(plan, parts.get());
    }

    @Override
    public String toString() {
        return name;
    }
}
