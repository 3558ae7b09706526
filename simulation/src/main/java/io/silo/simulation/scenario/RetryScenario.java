package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Half of all attempts fail. */
final class RetryScenario implements Scenario {
    @Override
    public String name() {
        return "retry";
    }

    @Override
    public String shows() {
        return "attempts that fail are tried again as the policy says, numbers rise by one, and no job ends early or runs too often";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .work(new WorkProfile(15, 100, 1, 2, 0, 4, 50, 100, 3))
                .clients(2, 3)
                .safetySeconds(10)
                .minimumJobs(30)
                .with(Feature.RETRIES)
                .maybe(
                        Feature.SUBSCRIPTIONS,
                        Feature.LONG_POLL,
                        Feature.TENANTS,
                        Feature.APPENDED,
                        Feature.CARRY_FORWARD);
    }

    @Override
    public void check(SimRun run) {
        boolean anyRetried = false;
        for (JobSeen job : run.lastSeen().values()) {
            for (int i = 0; i < job.ended().size(); i++) {
                SimRun.require(job.ended().get(i).attempt() == i + 1, "attempts are numbered from 1: " + job);
                boolean isLast = i == job.ended().size() - 1;
                SimRun.require(
                        isLast || job.ended().get(i).outcome().equals("FAILED"),
                        "only a failure is tried again: " + job);
            }
            anyRetried |= job.ended().size() > 1;
        }
        SimRun.require(anyRetried, "some job was tried again");
    }
}
