package io.silo.simulation.canary;

import io.silo.log.CycleStore;

/** Deletes the oldest cycle whenever a new one becomes active, carried forward or not. */
final class OverTrimmingStore extends ForwardingStore {
    OverTrimmingStore(CycleStore store) {
        super(store);
    }

    @Override
    public void activate() {
        store.activate();
        long[] cycles = store.cycles();
        if (cycles.length > 2) {
            store.beginDelete(cycles[0]);
        }
    }
}
