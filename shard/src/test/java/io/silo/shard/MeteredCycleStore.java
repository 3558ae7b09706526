package io.silo.shard;

import com.sun.management.ThreadMXBean;
import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import io.silo.log.DiskState;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** Counts what a simulated store allocates on the heap for its pages: a real one does not. */
final class MeteredCycleStore implements CycleStore {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final CycleStore store;
    private final long thread = Thread.currentThread().getId();
    private long before;

    /** Heap bytes so far. */
    long bytes;

    MeteredCycleStore(CycleStore store) {
        this.store = store;
    }

    private void begin() {
        before = THREADS.getThreadAllocatedBytes(thread);
    }

    private void end() {
        bytes += THREADS.getThreadAllocatedBytes(thread) - before;
    }

    @Override
    public long append(ByteBuffer documents) {
        begin();
        try {
            return store.append(documents);
        } finally {
            end();
        }
    }

    @Override
    public void sync() {
        begin();
        try {
            store.sync();
        } finally {
            end();
        }
    }

    @Override
    public void writeMark(int slot, ByteBuffer source) {
        begin();
        try {
            store.writeMark(slot, source);
        } finally {
            end();
        }
    }

    @Override
    public boolean hasRoom(int lengthBytes) {
        begin();
        try {
            return store.hasRoom(lengthBytes);
        } finally {
            end();
        }
    }

    @Override
    public int doWork(long nowNs) {
        begin();
        try {
            return store.doWork(nowNs);
        } finally {
            end();
        }
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
    public long activeBytes() {
        return store.activeBytes();
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
    public void close() {
        store.close();
    }
}
