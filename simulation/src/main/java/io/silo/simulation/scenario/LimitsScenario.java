package io.silo.simulation.scenario;

import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Most jobs have limits, some several, and operators change them in some runs, while everything fails. That none is overrun and every job ends is for the checkers to say. */
final class LimitsScenario implements Scenario {
    @Override
    public String name() {
        return "limits";
    }

    @Override
    public String shows() {
        return "no more jobs run under a limit than it allows, no slot is lost whatever crashes, and every job gets its turn";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random)
                .with(Feature.LIMITS, Feature.RETRIES)
                .maybe(Feature.LIMIT_VERBS);
    }
}
