package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import java.util.SplittableRandom;

/** Clients are cut off again and again. */
final class PartitionScenario implements Scenario {
    @Override
    public String name() {
        return "partition";
    }

    @Override
    public String shows() {
        return "clients that are cut off, in one direction or both, lose no job and come back";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .fault(Fault.PARTITION, 300)
                .fault(Fault.CONNECTION_LOSS, 100);
    }
}
