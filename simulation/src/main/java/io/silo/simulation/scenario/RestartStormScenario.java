package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** The process hardly lives. */
final class RestartStormScenario implements Scenario {
    @Override
    public String name() {
        return "restart-storm";
    }

    @Override
    public String shows() {
        return "a process that dies or is restarted every few seconds, also while it starts, loses nothing";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .with(Feature.CARRY_FORWARD)
                .fault(Fault.PROCESS_KILL, 200)
                .fault(Fault.RESTART, 200)
                .fault(Fault.PAUSE, 50)
                .fault(Fault.SITE_CRASH, 30);
    }
}
