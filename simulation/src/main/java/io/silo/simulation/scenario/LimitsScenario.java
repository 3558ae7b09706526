package io.silo.simulation.scenario;

import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Most jobs have limits, some several, and operators change them in some runs, while everything fails. That none is overrun and every job ends is for the checkers to say. */
final class LimitsScenario implements Scenario {
    /** Calls of which one has to be answered. */
    private static final int CALLS_MIN = 10;

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

    @Override
    public void check(SimRun run) {
        int calls = 0;
        int accepted = 0;
        for (Entry entry : run.history().entries()) {
            calls += entry instanceof Entry.LimitInvoked ? 1 : 0;
            accepted += entry instanceof Entry.LimitAnswered answer && answer.code() == RejectReason.OK ? 1 : 0;
        }
        SimRun.require(calls < CALLS_MIN || accepted > 0, "some maximum was set");
    }
}
