package io.silo.simulation.scenario;

import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Task groups and tenants that are paused and resumed while everything fails. */
final class PausesScenario implements Scenario {
    /** Calls of which one has to be answered. */
    private static final int CALLS_MIN = 10;

    @Override
    public String name() {
        return "pauses";
    }

    @Override
    public String shows() {
        return "no task of a paused task group or tenant is given out, and all are once it is resumed";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random).with(Feature.PAUSES);
    }

    @Override
    public void check(SimRun run) {
        int calls = 0;
        int accepted = 0;
        for (Entry entry : run.history().entries()) {
            calls += entry instanceof Entry.PauseInvoked ? 1 : 0;
            accepted += entry instanceof Entry.PauseAnswered answer && answer.code() == RejectReason.OK ? 1 : 0;
        }
        SimRun.require(calls < CALLS_MIN || accepted > 0, "some pause was accepted");
    }
}
