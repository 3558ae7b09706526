package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** One job, one worker, nothing goes wrong. */
final class EndToEndScenario implements Scenario {
    @Override
    public String name() {
        return "end-to-end";
    }

    @Override
    public String shows() {
        return "one job is enqueued, leased once, reported and seen to have succeeded";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .work(new WorkProfile(1, 100, 1, 1, 0, 0, 0, 100, 1))
                .clients(1, 1)
                .safetySeconds(5)
                .maybe(Feature.SUBSCRIPTIONS, Feature.LONG_POLL, Feature.READS);
    }

    @Override
    public void check(SimRun run) {
        SimRun.require(run.lastSeen().size() == 1, "one job was seen");
        for (JobSeen job : run.lastSeen().values()) {
            SimRun.require(
                    job.status().equals("SUCCEEDED") && job.ended().size() == 1, "the job has one attempt: " + job);
        }
    }
}
