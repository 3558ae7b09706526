package io.silo.torture.image;

import io.silo.log.CycleDirectory;
import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import io.silo.log.DiskState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/** Lets a log be opened and replayed without a lock, a thread or a new cycle; it cannot be started. */
final class ReadOnlyCycleStore implements CycleStore {
    private final CycleDirectory directory;

    ReadOnlyCycleStore(Path path) {
        directory = new CycleDirectory(path);
    }

    @Override
    public String name() {
        return directory.name();
    }

    @Override
    public long[] cycles() {
        return directory.cycles();
    }

    @Override
    public CycleFile open(long cycle) {
        return directory.open(cycle);
    }

    @Override
    public int readMark(int slot, ByteBuffer target) {
        return directory.readMark(slot, target);
    }

    @Override
    public void beginCreate(long cycle, DirectBuffer document, int offset, int length) {
        throw refused();
    }

    @Override
    public Creation pollCreate() {
        throw refused();
    }

    @Override
    public void activate() {
        throw refused();
    }

    @Override
    public long append(ByteBuffer documents) {
        throw refused();
    }

    @Override
    public boolean hasRoom(int lengthBytes) {
        throw refused();
    }

    @Override
    public long activeBytes() {
        throw refused();
    }

    @Override
    public void sync() {
        throw refused();
    }

    @Override
    public void beginSync() {
        throw refused();
    }

    @Override
    public boolean isSyncDone() {
        throw refused();
    }

    @Override
    public void awaitSync() {
        throw refused();
    }

    @Override
    public DiskState diskState() {
        return DiskState.OK;
    }

    @Override
    public void beginDelete(long cycle) {
        throw refused();
    }

    @Override
    public void writeMark(int slot, ByteBuffer source) {
        throw refused();
    }

    @Override
    public int doWork(long nowNs) {
        return 0;
    }

    @Override
    public void close() {}

    private static UnsupportedOperationException refused() {
        return new UnsupportedOperationException("this store only reads");
    }
}
