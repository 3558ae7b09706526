package io.silo.simulation.scenario;

import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Schedules that are put, paused, resumed and deleted while everything fails. */
final class RecurringScenario implements Scenario {
    /** Changes of schedules from which one has to have fired. */
    private static final int ACCEPTED_MIN = 30;

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
        int accepted = 0;
        for (Entry entry : run.history().entries()) {
            isFired |= entry instanceof Entry.Granted granted
                    && granted.lease().job().id().contains("-every-");
            accepted += entry instanceof Entry.ScheduleAnswered answer && answer.code() == RejectReason.OK ? 1 : 0;
        }
        // Fewer may all be pauses, or of schedules that are replaced before they have the time to fire.
        SimRun.require(isFired || accepted < ACCEPTED_MIN, "some firing brought a job");
    }
}
