package io.silo.log.simulated;

import io.silo.log.CycleStore;
import io.silo.log.EventLogContext;
import io.silo.log.EventLogContract;

/** The contract of the log on a simulated disk. */
class SimulatedEventLogTest extends EventLogContract {
    private final SimulatedDisk disk = new SimulatedDisk();

    @Override
    protected CycleStore openStore(EventLogContext context) {
        return SimulatedCycleStore.open(disk, "shard", context);
    }
}
