package io.silo.simulation.scenario;

import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Every verb that there is for a job, while everything fails. */
final class OperatorsScenario implements Scenario {
    @Override
    public String name() {
        return "operators";
    }

    @Override
    public String shows() {
        return "what was cancelled never runs, what was deleted is gone, what was restarted goes on, whatever fails meanwhile";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random).with(Feature.OPERATORS, Feature.RETRIES);
    }
}
