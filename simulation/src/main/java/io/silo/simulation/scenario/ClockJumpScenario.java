package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** The wall clock jumps, also while the broker is down. */
final class ClockJumpScenario implements Scenario {
    @Override
    public String name() {
        return "clock-jumps";
    }

    @Override
    public String shows() {
        return "the wall clock jumps by up to 50 years either way; no lease ends early, no job is lost or stuck";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .with(Feature.FUTURE_STARTS, Feature.RETRIES)
                .fault(Fault.CLOCK_JUMP, 250)
                .fault(Fault.PROCESS_KILL, random.nextInt(60));
    }
}
