package io.silo.log.simulated;

import io.silo.log.CycleFile;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import java.nio.ByteBuffer;

/** A cycle's file on a {@link SimulatedDisk}. */
final class SimulatedCycleFile implements CycleFile {
    private final SimulatedDisk disk;
    private final String name;

    SimulatedCycleFile(SimulatedDisk disk, String name) {
        this.disk = disk;
        this.name = name;
    }

    @Override
    public int read(ByteBuffer target, long fileOffset) {
        try {
            return disk.read(name, fileOffset, target);
        } catch (SimulatedDiskException e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, false, "Expected to read " + name + ", but " + e.getMessage() + ".", e);
        }
    }

    @Override
    public long length() {
        return disk.length(name);
    }

    @Override
    public void sync() {
        try {
            disk.sync(name);
        } catch (SimulatedDiskException e) {
            throw new LogException(
                    LogErrorCode.SYNC_FAILED, true, "Expected to sync " + name + ", but " + e.getMessage() + ".", e);
        }
    }

    @Override
    public void close() {}
}
