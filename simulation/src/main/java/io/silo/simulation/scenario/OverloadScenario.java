package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** More arrives than the broker's thread takes on. */
final class OverloadScenario implements Scenario {
    @Override
    public String name() {
        return "overload";
    }

    @Override
    public String shows() {
        return "a broker that refuses new work loses none that it took, and takes the rest when it is asked again";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        ScenarioPlan plan = ScenarioPlan.drawn(random);
        return plan.broker(plan.broker().takingOn(1 + random.nextInt(3), random.nextInt(3)))
                .work(new WorkProfile(
                        20 + random.nextInt(30),
                        1 + random.nextInt(20),
                        1 + random.nextInt(2),
                        1 + random.nextInt(4),
                        0,
                        3,
                        5 + random.nextInt(30),
                        20 + random.nextInt(500),
                        1 + random.nextInt(6)))
                .clients(4 + random.nextInt(5), 3)
                .safetySeconds(12)
                .minimumJobs(20)
                .with(Feature.READS, Feature.SUBSCRIPTIONS)
                .fault(Fault.SLOW_CLIENT, 100)
                .fault(Fault.SLOW_SYNC, 300)
                .fault(Fault.PAUSE, 100)
                .fault(Fault.PROCESS_KILL, 60);
    }
}
