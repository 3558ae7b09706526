package io.silo.simulation.canary;

import io.silo.log.CycleStore;
import java.nio.ByteBuffer;

/** Drops an append now and then and says where it would have been: state moves on and the log does not. */
final class DroppingStore extends ForwardingStore {
    private static final int APPENDS_PER_DROP = 20;
    private int appends;

    DroppingStore(CycleStore store) {
        super(store);
    }

    @Override
    public long append(ByteBuffer documents) {
        return ++appends % APPENDS_PER_DROP == 0 ? store.activeBytes() : store.append(documents);
    }
}
