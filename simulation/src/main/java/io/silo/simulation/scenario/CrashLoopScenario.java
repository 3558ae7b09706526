package io.silo.simulation.scenario;

import io.silo.simulation.broker.BrokerSettings;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** The only worker is cut off whenever it holds something. */
final class CrashLoopScenario implements Scenario {
    private static final long LOOK_NS = 5_000_000;

    /** Longer than the longest lease. */
    private static final long CUT_OFF_NS = 5_500_000_000L;

    /** After this the worker knows what it lost. */
    private static final long PAUSE_NS = 1_000_000_000L;

    /** Leases in a row that may expire, less one. */
    private static final int CRASHES_BEFORE = 4;

    @Override
    public String name() {
        return "crash-loop";
    }

    @Override
    public String shows() {
        return "a job whose workers die again and again ends as CRASH_LOOP, whatever its retries";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return new ScenarioPlan()
                .broker(new BrokerSettings(1, 192 * 1024, 2_000, Long.MAX_VALUE))
                .work(new WorkProfile(2, 100, 1, 1, 20, 20, 0, 60_000, 2))
                .clients(1, 1)
                .safetySeconds(200)
                .minimumJobs(2)
                .with(Feature.RETRIES)
                .maybe(Feature.SUBSCRIPTIONS, Feature.LONG_POLL, Feature.CARRY_FORWARD);
    }

    @Override
    public void begin(SimRun run) {
        run.world().after(LOOK_NS, () -> cutOffOnceItHolds(run));
    }

    private static void cutOffOnceItHolds(SimRun run) {
        if (run.world().isHealed()) {
            return;
        }
        boolean holds = run.workers().get(0).heldCount() > 0;
        if (holds) {
            run.network().cutOff(run.workers().get(0).name(), CUT_OFF_NS);
        }
        run.world().after(holds ? CUT_OFF_NS + PAUSE_NS : LOOK_NS, () -> cutOffOnceItHolds(run));
    }

    @Override
    public void check(SimRun run) {
        boolean anyLoop = false;
        for (JobSeen job : run.lastSeen().values()) {
            int crashes = 0;
            for (JobSeen.Ended attempt : job.ended()) {
                boolean isLoop = attempt.errorCode().equals("CRASH_LOOP");
                SimRun.require(
                        isLoop
                                == (crashes == CRASHES_BEFORE
                                        && attempt.outcome().equals("FAILED")),
                        "the fifth lease in a row that expires ends a job, no other: " + job);
                SimRun.require(
                        !isLoop
                                || attempt.attempt() == job.lastEnded()
                                        && job.status().equals("FAILED"),
                        "nothing comes after CRASH_LOOP: " + job);
                crashes = attempt.errorCode().equals("WORKER_CRASHED") ? crashes + 1 : 0;
                anyLoop |= isLoop;
            }
        }
        SimRun.require(anyLoop, "some job ended as CRASH_LOOP");
    }
}
