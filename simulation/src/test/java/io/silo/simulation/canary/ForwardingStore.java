package io.silo.simulation.canary;

import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import io.silo.log.DiskState;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** A store that is another one; a planted bug overrides what it breaks. */
abstract class ForwardingStore implements CycleStore {
    final CycleStore store;

    ForwardingStore(CycleStore store) {
        this.store = store;
    }

    @Override
    public String name() {
        return store.name();
    }

    @Override
    public long[] cycles() {
        return store.cycles();
    }

    @Override
    public CycleFile open(long cycle) {
        return store.open(cycle);
    }

    @Override
    public int readMark(int slot, ByteBuffer target) {
        return store.readMark(slot, target);
    }

    @Override
    public void beginCreate(long cycle, DirectBuffer document, int offset, int length) {
        store.beginCreate(cycle, document, offset, length);
    }

    @Override
    public Creation pollCreate() {
        return store.pollCreate();
    }

    @Override
    public void activate() {
        store.activate();
    }

    @Override
    public long append(ByteBuffer documents) {
        return store.append(documents);
    }

    @Override
    public boolean hasRoom(int lengthBytes) {
        return store.hasRoom(lengthBytes);
    }

    @Override
    public long activeBytes() {
        return store.activeBytes();
    }

    @Override
    public void sync() {
        store.sync();
    }

    @Override
    public void beginSync() {
        store.beginSync();
    }

    @Override
    public boolean isSyncDone() {
        return store.isSyncDone();
    }

    @Override
    public void awaitSync() {
        store.awaitSync();
    }

    @Override
    public DiskState diskState() {
        return store.diskState();
    }

    @Override
    public void beginDelete(long cycle) {
        store.beginDelete(cycle);
    }

    @Override
    public void writeMark(int slot, ByteBuffer source) {
        store.writeMark(slot, source);
    }

    @Override
    public int doWork(long nowNs) {
        return store.doWork(nowNs);
    }

    @Override
    public void close() {
        store.close();
    }
}
