package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import java.util.SplittableRandom;

/** Syncs fail or take seconds. */
final class FailingSyncScenario implements Scenario {
    @Override
    public String name() {
        return "failing-sync";
    }

    @Override
    public String shows() {
        return "a sync that fails closes its shard, nothing more is acknowledged by it, and the others serve";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .fault(Fault.FAILING_SYNC, 5)
                .fault(Fault.SLOW_SYNC, 10)
                .fault(Fault.POWER_LOSS, random.nextInt(60));
    }
}
