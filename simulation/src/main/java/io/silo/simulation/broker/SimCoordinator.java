package io.silo.simulation.broker;

import io.silo.simulation.world.SimViolation;
import java.util.HashMap;
import java.util.Map;

/** What the cluster knows of its shards: the highest epoch that each was ever opened under. */
final class SimCoordinator {
    private final Map<Integer, Long> epochs = new HashMap<>();

    /** A shard was opened; its epoch must be above every one before. */
    void onOpened(int shard, long epoch) {
        long highest = epochs.getOrDefault(shard, 0L);
        if (epoch <= highest) {
            throw new SimViolation(
                    "epoch", "shard " + shard + " was opened under epoch " + epoch + " after epoch " + highest);
        }
        epochs.put(shard, epoch);
    }
}
