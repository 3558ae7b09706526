package io.silo.simulation.canary;

import io.silo.log.CycleStore;
import io.silo.simulation.broker.SimParts;
import java.util.function.UnaryOperator;

/** A bug under the log. */
final class StoreBug extends SimParts {
    private final UnaryOperator<CycleStore> bug;

    StoreBug(UnaryOperator<CycleStore> bug) {
        this.bug = bug;
    }

    @Override
    public CycleStore store(CycleStore store, int shard) {
        return bug.apply(store);
    }
}
