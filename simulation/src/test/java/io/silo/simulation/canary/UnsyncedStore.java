package io.silo.simulation.canary;

import io.silo.log.CycleStore;

/** Says that all is durable and syncs nothing: what is acknowledged can be undone by a loss of power. */
final class UnsyncedStore extends ForwardingStore {
    UnsyncedStore(CycleStore store) {
        super(store);
    }

    @Override
    public void sync() {
        // The bug.
    }

    @Override
    public void beginSync() {
        // The bug.
    }

    @Override
    public void awaitSync() {
        // The bug.
    }
}
