package io.silo.simulation.scenario;

import io.silo.protocol.RejectReason;
import io.silo.shard.command.Retention;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Ended jobs go soon, by age and by count, while the broker dies again and again. */
final class RetentionScenario implements Scenario {
    @Override
    public String name() {
        return "retention";
    }

    @Override
    public String shows() {
        return "ended jobs are forgotten when their time is over, the oldest first, and no job that has not ended ever is";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        // Faults that lose messages would let jobs end that nobody is seen to lease.
        ScenarioPlan plan = new ScenarioPlan()
                .work(new WorkProfile(25, 300, 1, 2, 0, 3, 15, 400, 4))
                .clients(3, 3)
                .safetySeconds(20)
                .minimumJobs(50)
                .with(Feature.RETRIES, Feature.READS)
                .maybe(
                        Feature.SUBSCRIPTIONS,
                        Feature.LONG_POLL,
                        Feature.TENANTS,
                        Feature.APPENDED,
                        Feature.CARRY_FORWARD,
                        Feature.PRIORITIES,
                        Feature.UNIQUE_KEYS,
                        Feature.RECURRING)
                .fault(Fault.PROCESS_KILL, 40)
                .fault(Fault.POWER_LOSS, 20);
        Retention.Limits limits = new Retention.Limits(
                1_000 + random.nextInt(5_000),
                1_000 + random.nextInt(8_000),
                random.nextInt(3_000),
                random.nextBoolean() ? 5 + random.nextInt(20) : Integer.MAX_VALUE);
        return plan.broker(plan.broker().with(limits));
    }

    @Override
    public void check(SimRun run) {
        boolean isForgotten = false;
        for (Entry entry : run.history().entries()) {
            isForgotten |= entry instanceof Entry.ReadAnswered read && read.code() == RejectReason.JOB_NOT_FOUND.code();
        }
        SimRun.require(isForgotten || run.world().jobsMax() < Integer.MAX_VALUE, "some job was forgotten");
    }
}
