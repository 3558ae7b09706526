package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Workers compete and nothing goes wrong. */
final class MultipleWorkersScenario implements Scenario {
    @Override
    public String name() {
        return "multiple-workers";
    }

    @Override
    public String shows() {
        return "ten jobs and four workers: every job runs once, at its first attempt, and succeeds";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .work(new WorkProfile(10, 50, 1, 1, 0, 0, 0, 300, 2))
                .clients(1, 4)
                .safetySeconds(8)
                .minimumJobs(10)
                .maybe(Feature.SUBSCRIPTIONS, Feature.LONG_POLL, Feature.BATCHES, Feature.PRIORITIES);
    }

    @Override
    public void check(SimRun run) {
        for (JobSeen job : run.lastSeen().values()) {
            SimRun.require(job.status().equals("SUCCEEDED"), "every job succeeded: " + job);
            SimRun.require(job.ended().size() == 1 && job.attempt() == 1, "every job has one attempt: " + job);
        }
    }
}
