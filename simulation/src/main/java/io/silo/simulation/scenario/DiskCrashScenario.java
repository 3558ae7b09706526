package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** The machine loses power and the process dies in the middle of its work. */
final class DiskCrashScenario implements Scenario {
    @Override
    public String name() {
        return "disk-crash";
    }

    @Override
    public String shows() {
        return "power fails at any point of an append, sync, roll, carry or trim; pages are lost or torn; what was acknowledged as durable is found again";
    }

    @Override
    public int weight() {
        return 4;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .with(Feature.CARRY_FORWARD, Feature.APPENDED)
                .fault(Fault.POWER_LOSS, 150)
                .fault(Fault.SITE_CRASH, 10 + random.nextInt(30));
    }
}
