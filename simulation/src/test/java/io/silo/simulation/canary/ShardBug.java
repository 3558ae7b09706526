package io.silo.simulation.canary;

import io.silo.shard.Shard;
import io.silo.shard.state.ShardState;
import io.silo.simulation.broker.SimParts;
import java.util.function.Consumer;

/** A bug of recovery: what is rebuilt from the log is not what was. */
final class ShardBug extends SimParts {
    private final Consumer<ShardState> bug;

    ShardBug(Consumer<ShardState> bug) {
        this.bug = bug;
    }

    @Override
    public void recovered(Shard shard) {
        bug.accept((ShardState) shard.view());
    }
}
