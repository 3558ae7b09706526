package io.silo.simulation.scenario;

import io.silo.protocol.RejectReason;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Weights and caps of tenants change while everything fails. */
final class FairnessScenario implements Scenario {
    /** Calls of which one has to be answered. */
    private static final int CALLS_MIN = 10;

    @Override
    public String name() {
        return "fairness";
    }

    @Override
    public String shows() {
        return "tenants are served by their weights, none has more running in a task group than its cap, and every job ends";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random)
                .work(new WorkProfile(
                        20 + random.nextInt(20),
                        200 + random.nextInt(300),
                        1,
                        1 + random.nextInt(2),
                        0,
                        3,
                        5 + random.nextInt(20),
                        500 + random.nextInt(2_000),
                        2 + random.nextInt(6)))
                .with(Feature.FAIRNESS, Feature.TENANTS);
    }

    @Override
    public void check(SimRun run) {
        int calls = 0;
        int accepted = 0;
        for (Entry entry : run.history().entries()) {
            calls += entry instanceof Entry.CapInvoked ? 1 : 0;
            accepted += entry instanceof Entry.CapAnswered answer && answer.code() == RejectReason.OK ? 1 : 0;
        }
        SimRun.require(calls < CALLS_MIN || accepted > 0, "some cap was accepted");
    }
}
