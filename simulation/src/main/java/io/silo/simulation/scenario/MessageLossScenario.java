package io.silo.simulation.scenario;

import io.silo.simulation.world.Fault;
import java.util.SplittableRandom;

/** Messages vanish in both directions. */
final class MessageLossScenario implements Scenario {
    @Override
    public String name() {
        return "message-loss";
    }

    @Override
    public String shows() {
        return "with 15 % of all messages lost, calls are repeated and take effect once";
    }

    @Override
    public int weight() {
        return 2;
    }

    @Override
    public ScenarioPlan plan(SplittableRandom random) {
        return ScenarioPlan.drawn(random)
                .delayMsMax(30)
                .safetySeconds(30)
                .fault(Fault.MESSAGE_LOSS, 150)
                .fault(Fault.DUPLICATION, random.nextInt(80));
    }
}
