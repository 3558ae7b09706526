package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Clients stop reading for seconds. */
final class SlowClientScenario implements Scenario {
    @Override
    public String name() {
        return "slow-client";
    }

    @Override
    public String shows() {
        return "a client that does not read is dropped at a bound and costs nobody else";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .safetySeconds(40)
                .with(Feature.READS, Feature.SUBSCRIPTIONS)
                .fault(Fault.SLOW_CLIENT, 400)
                .fault(Fault.CLIENT_CRASH, 60);
    }
}
