package io.silo.log.simulated;

import io.silo.log.CycleStore;
import io.silo.log.CycleStoreContract;
import io.silo.log.EventLogContext;

/** The contract of the store on a simulated disk. */
class SimulatedCycleStoreTest extends CycleStoreContract {
    private final SimulatedDisk disk = new SimulatedDisk();

    @Override
    protected CycleStore openStore(EventLogContext context) {
        return SimulatedCycleStore.open(disk, "shard", context);
    }
}
