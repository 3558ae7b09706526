package io.silo.simulation.scenario;

import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Many short jobs want to start at once under narrow rate limits. That none starts too early is for the checkers to say. */
final class RatesScenario implements Scenario {
    @Override
    public String name() {
        return "rates";
    }

    @Override
    public String shows() {
        return "no more tasks start under a rate limit than it allows, whatever crashes, and every job gets its turn";
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .work(new WorkProfile(
                        30 + random.nextInt(20),
                        20 + random.nextInt(200),
                        1 + random.nextInt(2),
                        1,
                        0,
                        3,
                        5 + random.nextInt(20),
                        20 + random.nextInt(200),
                        4 + random.nextInt(6)))
                .clients(2, 3)
                .with(Feature.LIMITS, Feature.RATES, Feature.RETRIES)
                .swarm()
                // Nothing that leaves it open when a start was made: no syncs of seconds, no clock that jumps.
                .fault(Fault.MESSAGE_LOSS, 5 + random.nextInt(50))
                .fault(Fault.DUPLICATION, 5 + random.nextInt(50))
                .fault(Fault.CONNECTION_LOSS, 60)
                .fault(Fault.CLIENT_CRASH, 30)
                .fault(Fault.PROCESS_KILL, 100)
                .fault(Fault.SITE_CRASH, 5)
                .fault(Fault.POWER_LOSS, 50)
                .fault(Fault.RESTART, 100)
                .fault(Fault.PAUSE, 20);
    }
}
