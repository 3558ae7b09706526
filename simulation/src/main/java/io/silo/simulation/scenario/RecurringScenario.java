package io.silo.simulation.scenario;

import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Schedules that are put, paused, resumed and deleted while everything fails. */
final class RecurringScenario implements Scenario {
    @Override
    public String name() {
        return "recurring";
    }

    @Override
    public String shows() {
        return "each firing of a schedule brings one job, none before its time, none once it is paused or deleted";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ChaosScenario.everything(random).with(Feature.RECURRING).drainSeconds(600);
    }

    @Override
    public void check(SimRun run) {
        boolean isFired = false;
        for (Entry entry : run.history().entries()) {
            isFired |= entry instanceof Entry.Granted granted
                    && granted.lease().job().id().contains("-every-");
        }
        SimRun.require(isFired || run.world().jobsMax() < Integer.MAX_VALUE, "some firing brought a job");
    }
}
