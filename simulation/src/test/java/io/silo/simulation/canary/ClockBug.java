package io.silo.simulation.canary;

import io.silo.shard.Clock;
import io.silo.simulation.broker.SimParts;
import java.util.function.UnaryOperator;

/** A bug of the clock that the agent reads. */
final class ClockBug extends SimParts {
    private final UnaryOperator<Clock> bug;

    ClockBug(UnaryOperator<Clock> bug) {
        this.bug = bug;
    }

    @Override
    public Clock clock(Clock clock) {
        return bug.apply(clock);
    }
}
