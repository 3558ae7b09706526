package io.silo.simulation.scenario;

import io.silo.simulation.broker.BrokerSettings;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** The first worker leases tasks and is cut off for longer than its leases. */
final class LeaseExpiryScenario implements Scenario {
    @Override
    public String name() {
        return "lease-expiry";
    }

    @Override
    public String shows() {
        return "a worker that is cut off loses its leases: the attempt fails as WORKER_CRASHED and another worker runs the next one";
    }

    private static final long LOOK_NS = 5_000_000;
    /** Twice the longest lease. */
    private static final long CUT_OFF_NS = 9_000_000_000L;

    /** After this what the worker held while it was cut off is settled. */
    private static final long PAUSE_NS = 2_500_000_000L;

    /** One may strike just when all that the worker held was reported. */
    private static final int CUTS = 3;

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .broker(new BrokerSettings(1, 192 * 1024, 4_000, Long.MAX_VALUE))
                .work(new WorkProfile(40, 1_000, 1, 1, 3, 3, 0, 3_000, 3))
                .clients(1, 2)
                .safetySeconds(40)
                .minimumJobs(40)
                .with(Feature.RETRIES)
                .maybe(Feature.SUBSCRIPTIONS, Feature.LONG_POLL);
    }

    @Override
    public void begin(SimRun run) {
        lookLater(run, LOOK_NS, CUTS);
    }

    private static void lookLater(SimRun run, long delayNs, int cutsLeft) {
        if (cutsLeft > 0) {
            run.world().after(delayNs, () -> cutOffOnceItHolds(run, cutsLeft));
        }
    }

    private static void cutOffOnceItHolds(SimRun run, int cutsLeft) {
        if (run.workers().get(0).heldCount() > 0) {
            run.network().cutOff(run.workers().get(0).name(), CUT_OFF_NS);
            lookLater(run, CUT_OFF_NS + PAUSE_NS, cutsLeft - 1);
        } else {
            lookLater(run, LOOK_NS, cutsLeft);
        }
    }

    @Override
    public void check(SimRun run) {
        boolean anyExpired = false;
        for (JobSeen job : run.lastSeen().values()) {
            long succeeded = job.ended().stream()
                    .filter(attempt -> attempt.outcome().equals("SUCCEEDED"))
                    .count();
            long numbers =
                    job.ended().stream().map(JobSeen.Ended::attempt).distinct().count();
            SimRun.require(succeeded == 1 && job.status().equals("SUCCEEDED"), "every job succeeds once: " + job);
            SimRun.require(numbers == job.ended().size(), "attempt numbers are unique: " + job);
            anyExpired |=
                    job.ended().stream().anyMatch(attempt -> attempt.errorCode().equals("WORKER_CRASHED"));
        }
        SimRun.require(anyExpired, "an attempt failed as WORKER_CRASHED");
    }
}
