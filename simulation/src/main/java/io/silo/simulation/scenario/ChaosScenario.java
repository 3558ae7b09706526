package io.silo.simulation.scenario;

import io.silo.simulation.broker.BrokerSettings;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.SplittableRandom;

/** Everything at once: each seed switches half of all faults and features on. */
final class ChaosScenario implements Scenario {
    @Override
    public String name() {
        return "chaos";
    }

    @Override
    public String shows() {
        return "whatever fails together, nothing acknowledged is lost, nothing runs twice, and all drains once it is over";
    }

    @Override
    public int weight() {
        return 4;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        int workers = 2 + random.nextInt(5);
        return new ScenarioPlan()
                .broker(new BrokerSettings(
                        1 + random.nextInt(3), 192 * 1024, 2_000 + random.nextInt(6_000), Long.MAX_VALUE))
                .work(new WorkProfile(
                        5 + random.nextInt(25),
                        50 + random.nextInt(500),
                        1 + random.nextInt(Math.min(3, workers)),
                        1 + random.nextInt(4),
                        3,
                        5 + random.nextInt(30),
                        20 + random.nextInt(1_500),
                        1 + random.nextInt(6)))
                .clients(1 + random.nextInt(4), workers)
                .delayMsMax(1 + random.nextInt(100))
                .safetySeconds(30)
                .swarm()
                .fault(Fault.MESSAGE_LOSS, 5 + random.nextInt(100))
                .fault(Fault.DUPLICATION, 5 + random.nextInt(60))
                .fault(Fault.REORDERING, 5 + random.nextInt(100))
                .fault(Fault.PARTITION, 60)
                .fault(Fault.SLOW_CLIENT, 60)
                .fault(Fault.CLIENT_CRASH, 60)
                .fault(Fault.CONNECTION_LOSS, 60)
                .fault(Fault.PROCESS_KILL, 50)
                .fault(Fault.SITE_CRASH, 20)
                .fault(Fault.POWER_LOSS, 50)
                .fault(Fault.RESTART, 20)
                .fault(Fault.PAUSE, 20)
                .fault(Fault.FAILING_SYNC, 2)
                .fault(Fault.SLOW_SYNC, 4)
                .fault(Fault.DISK_FULL, 40)
                .fault(Fault.CLOCK_JUMP, 60)
                .maybe(Feature.values());
    }
}
