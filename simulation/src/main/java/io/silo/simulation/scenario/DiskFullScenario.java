package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** The disk fills up again and again. */
final class DiskFullScenario implements Scenario {
    @Override
    public String name() {
        return "disk-full";
    }

    @Override
    public String shows() {
        return "without room new work is refused, leased work goes on, and with room all goes on by itself";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .with(Feature.UPLOADS)
                .fault(Fault.DISK_FULL, 250)
                .fault(Fault.PROCESS_KILL, random.nextInt(60));
    }
}
