package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Jobs come with their history, from calls that are lost and doubled. */
final class ImportScenario implements Scenario {
    @Override
    public String name() {
        return "import";
    }

    @Override
    public String shows() {
        return "a job that is imported has its history and goes on from it, once, however often the call arrives";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .work(new WorkProfile(10, 300, 1, 2, 1, 6, 30, 300, 3))
                .clients(2, 3)
                .safetySeconds(15)
                .minimumJobs(20)
                .with(Feature.IMPORTS, Feature.RETRIES)
                .maybe(
                        Feature.SUBSCRIPTIONS,
                        Feature.TENANTS,
                        Feature.APPENDED,
                        Feature.CARRY_FORWARD,
                        Feature.OPERATORS,
                        Feature.BULK,
                        Feature.UNIQUE_KEYS,
                        Feature.TIME_BOUNDS,
                        Feature.FUTURE_STARTS)
                .fault(Fault.MESSAGE_LOSS, 20)
                .fault(Fault.DUPLICATION, 20)
                .fault(Fault.PROCESS_KILL, 40)
                .fault(Fault.POWER_LOSS, 20);
    }

    @Override
    public void check(SimRun run) {
        boolean anyImported = false;
        for (JobSeen job : run.lastSeen().values()) {
            anyImported |=
                    job.ended().stream().anyMatch(attempt -> attempt.errorCode().equals("BEFORE"));
        }
        // Operators may have deleted each of them before anyone looked.
        boolean areDeleted = run.world().has(Feature.BULK) || run.world().has(Feature.OPERATORS);
        SimRun.require(anyImported || areDeleted, "some job has attempts from before");
    }
}
