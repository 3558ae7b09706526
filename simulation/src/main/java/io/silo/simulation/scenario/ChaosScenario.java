package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
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
        return everything(random);
    }

    /** A plan with all faults, of which each seed has half. */
    static ScenarioPlan everything(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
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
                .fault(Fault.CLOCK_JUMP, 60);
    }
}
