package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.world.Fault;
import java.util.SplittableRandom;

/** Every message is slow. */
final class HighLatencyScenario implements Scenario {
    @Override
    public String name() {
        return "high-latency";
    }

    @Override
    public String shows() {
        return "messages take up to 300 ms and overtake each other, and every job still ends once";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .work(new WorkProfile(
                        30 + random.nextInt(20), 400, 1 + random.nextInt(2), 3, 0, 3, 5 + random.nextInt(10), 500, 4))
                .clients(2 + random.nextInt(3), 4 + random.nextInt(5))
                .delayMsMax(150 + random.nextInt(150))
                .safetySeconds(40)
                .fault(Fault.REORDERING, random.nextInt(100));
    }
}
