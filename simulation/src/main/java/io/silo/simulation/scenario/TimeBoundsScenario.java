package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Few slow workers, and jobs that may neither start late nor run long, and are put off. */
final class TimeBoundsScenario implements Scenario {
    @Override
    public String name() {
        return "time-bounds";
    }

    @Override
    public String shows() {
        return "a job that is not started in time never runs, an attempt ends at its longest run, a snoozed task waits";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .work(new WorkProfile(40, 150, 1, 2, 0, 3, 10, 2_500, 2))
                .clients(2, 2)
                .safetySeconds(20)
                .minimumJobs(40)
                .with(Feature.TIME_BOUNDS, Feature.SNOOZES, Feature.RETRIES)
                .maybe(
                        Feature.SUBSCRIPTIONS,
                        Feature.LONG_POLL,
                        Feature.TENANTS,
                        Feature.APPENDED,
                        Feature.CARRY_FORWARD,
                        Feature.PRIORITIES)
                .fault(Fault.PROCESS_KILL, 20)
                .fault(Fault.MESSAGE_LOSS, 5);
    }

    @Override
    public void check(SimRun run) {
        boolean anyLate = false;
        boolean anyOverran = false;
        for (JobSeen job : run.lastSeen().values()) {
            for (JobSeen.Ended attempt : job.ended()) {
                boolean isLate = attempt.errorCode().equals("START_DEADLINE_EXCEEDED");
                SimRun.require(
                        !isLate
                                || job.ended().size() == 1
                                        && job.status().equals("FAILED")
                                        && attempt.worker().isEmpty(),
                        "a job that was not started in time never runs: " + job);
                anyLate |= isLate;
                anyOverran |= attempt.errorCode().equals("MAX_RUN_EXCEEDED");
            }
        }
        SimRun.require(anyLate, "some job was not started in time");
        SimRun.require(anyOverran, "some attempt ran for too long");
    }
}
