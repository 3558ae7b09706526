package io.silo.log.simulated;

import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import io.silo.log.DiskState;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CycleStore} on a {@link SimulatedDisk}, with the very framing that Chronicle writes: a leading metadata document before the
 * first one. All work is done at once on the caller's thread, page by page, a begun sync when it is awaited.
 */
public final class SimulatedCycleStore implements CycleStore {
    private static final int METADATA_FLAG = 0x40000000;
    private static final int HEADER_BYTES = Integer.BYTES;

    /** Length of the leading metadata document; Chronicle's is of that order. */
    private static final int LEADING_METADATA_BYTES = 236;

    /** Blocks allocated ahead: two of the longest records, so that one is always there. */
    private static final int ALLOCATION_STEP_BYTES = 2 * EventLog.RECORD_BYTES_MAX + 64 * 1024;

    private static final int MARK_SLOT_STRIDE = SimulatedDisk.PAGE_BYTES;

    private final SimulatedDisk disk;
    private final String directory;
    private final EventLogContext context;
    private byte[] copy = new byte[4096];
    private Creation creation = Creation.NONE;
    private @Nullable SimulatedCycle created;
    private @Nullable SimulatedCycle active;
    private boolean isClosed;

    /** One cycle that is appended to: name and end. */
    private static final class SimulatedCycle {
        private final String name;
        private long end;
        private long allocated;

        SimulatedCycle(String name) {
            this.name = name;
        }
    }

    private SimulatedCycleStore(SimulatedDisk disk, String directory, EventLogContext context) {
        this.disk = disk;
        this.directory = directory;
        this.context = context;
    }

    /**
     * Opens the store of one log.
     *
     * @param directory prefix of its files' names, without a slash at the end.
     * @throws LogException LOCKED if another store of the same directory is open.
     */
    public static SimulatedCycleStore open(SimulatedDisk disk, String directory, EventLogContext context) {
        if (!disk.tryLock(directory)) {
            throw new LogException(
                    LogErrorCode.LOCKED, "The log under " + directory + " is in use by another process.");
        }
        return new SimulatedCycleStore(disk, directory, context);
    }

    /** Name of a cycle's file on the disk. */
    public static String fileName(String directory, long cycle) {
        return directory + "/cycles/" + String.format(java.util.Locale.ROOT, "%016x", cycle);
    }

    /** Name of the mark's file on the disk. */
    public static String markName(String directory) {
        return directory + "/durable.mark";
    }

    @Override
    public String name() {
        return directory;
    }

    @Override
    public long[] cycles() {
        return cycles(disk, directory);
    }

    static long[] cycles(SimulatedDisk disk, String directory) {
        String prefix = directory + "/cycles/";
        return disk.list(prefix).stream()
                .mapToLong(name -> Long.parseUnsignedLong(name.substring(prefix.length()), 16))
                .toArray();
    }

    @Override
    public CycleFile open(long cycle) {
        String name = fileName(directory, cycle);
        if (!disk.exists(name)) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, "There is no cycle " + cycle + " under " + directory + ".");
        }
        return new SimulatedCycleFile(disk, name);
    }

    @Override
    public int readMark(int slot, ByteBuffer target) {
        try {
            return readMark(disk, directory, slot, target);
        } catch (SimulatedDiskException e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, false, "The durable mark under " + directory + " cannot be read.", e);
        }
    }

    static int readMark(SimulatedDisk disk, String directory, int slot, ByteBuffer target) {
        String name = markName(directory);
        return disk.exists(name) ? disk.read(name, (long) slot * MARK_SLOT_STRIDE, target) : 0;
    }

    @Override
    public void writeMark(int slot, ByteBuffer source) {
        String name = markName(directory);
        try {
            boolean isNew = !disk.exists(name);
            if (isNew) {
                disk.create(name);
                disk.allocate(name, 2L * MARK_SLOT_STRIDE);
            }
            int length = source.remaining();
            byte[] bytes = copyBuffer(length);
            source.get(bytes, 0, length);
            disk.write(name, (long) slot * MARK_SLOT_STRIDE, bytes, 0, length);
            disk.sync(name);
            if (isNew) {
                disk.syncDirectory();
            }
        } catch (SimulatedDiskException e) {
            throw new LogException(
                    LogErrorCode.SYNC_FAILED, true, "The durable mark under " + directory + " cannot be synced.", e);
        }
    }

    @Override
    public void beginCreate(long cycle, DirectBuffer document, int offset, int length) {
        if (creation == Creation.RUNNING || creation == Creation.READY) {
            throw new IllegalStateException("a cycle is being created already");
        }
        context.faults().at("log.create");
        var fresh = new SimulatedCycle(fileName(directory, cycle));
        try {
            disk.create(fresh.name);
            if (!allocateAhead(fresh)) {
                disk.delete(fresh.name);
                creation = Creation.NO_SPACE;
                return;
            }
            writeMetadata(fresh, LEADING_METADATA_BYTES);
            writeDocument(fresh, document, offset, length);
            disk.sync(fresh.name);
            disk.syncDirectory();
        } catch (SimulatedDiskException e) {
            throw new LogException(LogErrorCode.STORE_FAILED, true, "Cycle " + cycle + " cannot be created.", e);
        }
        created = fresh;
        creation = Creation.READY;
    }

    @Override
    public Creation pollCreate() {
        return creation;
    }

    @Override
    public void activate() {
        if (creation != Creation.READY) {
            throw new IllegalStateException("no cycle is ready");
        }
        if (active != null) {
            disk.release(active.name, active.end + HEADER_BYTES);
        }
        active = created;
        created = null;
        creation = Creation.NONE;
    }

    @Override
    public long append(ByteBuffer documents) {
        SimulatedCycle cycle = requireActive();
        try {
            long at = cycle.end;
            int length = documents.remaining();
            byte[] bytes = copyBuffer(length);
            documents.get(bytes, 0, length);
            for (int done = 0; done < length; ) {
                if (done > 0) {
                    context.faults().at("log.write.page");
                }
                int piece = Math.min(
                        length - done, SimulatedDisk.PAGE_BYTES - (int) ((at + done) % SimulatedDisk.PAGE_BYTES));
                disk.write(cycle.name, at + done, bytes, done, piece);
                done += piece;
            }
            cycle.end = at + length;
            disk.grow(cycle.name, SimulatedDisk.roundUp(cycle.end + HEADER_BYTES));
            allocateAhead(cycle);
            return at;
        } catch (SimulatedDiskException e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, true, "Nothing can be appended to " + cycle.name + ".", e);
        }
    }

    @Override
    public boolean hasRoom(int lengthBytes) {
        SimulatedCycle cycle = requireActive();
        return cycle.end + lengthBytes + HEADER_BYTES <= cycle.allocated || allocateAhead(cycle);
    }

    @Override
    public long activeBytes() {
        return requireActive().end;
    }

    @Override
    public void sync() {
        try {
            disk.sync(requireActive().name);
        } catch (SimulatedDiskException e) {
            throw new LogException(
                    LogErrorCode.SYNC_FAILED, true, "The log under " + directory + " cannot be synced.", e);
        }
    }

    @Override
    public void beginSync() {}

    @Override
    public boolean isSyncDone() {
        return true;
    }

    @Override
    public void awaitSync() {
        sync();
    }

    @Override
    public DiskState diskState() {
        long free = disk.freeBytes();
        if (free < context.floorBytes()) {
            return DiskState.FLOOR;
        }
        return free < context.lowWaterBytes() ? DiskState.LOW : DiskState.OK;
    }

    @Override
    public void beginDelete(long cycle) {
        disk.delete(fileName(directory, cycle));
        disk.syncDirectory();
    }

    @Override
    public int doWork(long nowNs) {
        return 0;
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            disk.unlock(directory);
        }
    }

    /** Leaves the beginning of a document, as a process killed in a write does. */
    public void tearAppend(byte[] document, int length) {
        SimulatedCycle cycle = requireActive();
        disk.write(cycle.name, cycle.end, document, 0, length);
        disk.grow(cycle.name, SimulatedDisk.roundUp(cycle.end + length + HEADER_BYTES));
    }

    private void writeMetadata(SimulatedCycle cycle, int length) {
        byte[] bytes = copyBuffer(length);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (0x80 | i);
        }
        disk.write(cycle.name, cycle.end + HEADER_BYTES, bytes, 0, length);
        finishDocument(cycle, METADATA_FLAG, length);
    }

    private long writeDocument(SimulatedCycle cycle, DirectBuffer buffer, int offset, int length) {
        byte[] bytes = copyBuffer(length);
        buffer.getBytes(offset, bytes, 0, length);
        long fileOffset = cycle.end + HEADER_BYTES;
        disk.write(cycle.name, fileOffset, bytes, 0, length);
        finishDocument(cycle, 0, length);
        return fileOffset;
    }

    private void finishDocument(SimulatedCycle cycle, int flags, int length) {
        long next = (cycle.end + HEADER_BYTES + length + 3) & ~3L;
        disk.grow(cycle.name, SimulatedDisk.roundUp(next + HEADER_BYTES));
        putInt(cycle, cycle.end, flags | length);
        cycle.end = next;
    }

    private void putInt(SimulatedCycle cycle, long at, int value) {
        byte[] bytes = new byte[HEADER_BYTES];
        new UnsafeBuffer(bytes).putInt(0, value, ByteOrder.LITTLE_ENDIAN);
        disk.write(cycle.name, at, bytes, 0, HEADER_BYTES);
    }

    private boolean allocateAhead(SimulatedCycle cycle) {
        context.faults().at("log.allocate");
        long wanted = cycle.end + ALLOCATION_STEP_BYTES;
        if (wanted - cycle.allocated < ALLOCATION_STEP_BYTES / 4) {
            return true;
        }
        if (!disk.allocate(cycle.name, SimulatedDisk.roundUp(wanted))) {
            return false;
        }
        cycle.allocated = SimulatedDisk.roundUp(wanted);
        return true;
    }

    private byte[] copyBuffer(int length) {
        if (copy.length < length) {
            copy = new byte[Math.max(length, 2 * copy.length)];
        }
        return copy;
    }

    private SimulatedCycle requireActive() {
        return Objects.requireNonNull(active, "no cycle is active");
    }
}
