package io.silo.simulation.scenario;

import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Half of the jobs with limits have floating ones, which workers find out, fail to, or forget to answer, while everything fails (DST-23). */
final class FloatingScenario implements Scenario {
    @Override
    public String name() {
        return "floating";
    }

    @Override
    public String shows() {
        return "what workers find out for a limit counts, whatever is lost on the way or crashes, and every job gets its turn";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random)
                .with(Feature.LIMITS, Feature.FLOATING, Feature.RETRIES)
                .maybe(Feature.LIMIT_VERBS);
    }
}
