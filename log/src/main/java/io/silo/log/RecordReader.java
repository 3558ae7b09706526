package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Reads parts of single records for the shard's thread: from the tail cache, else from the cycle's file. */
final class RecordReader {
    /** Files kept open at a time. A cold read of another cycle opens and closes one, some 20 µs. */
    private static final int OPEN_FILES_MAX = 64;

    private final CycleStore store;
    private final FaultPlan faults;
    private final RetainedCycles cycles;
    private final TailCache tail;
    private final CycleFile[] files = new CycleFile[OPEN_FILES_MAX];
    private final long[] fileCycles = new long[OPEN_FILES_MAX];
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private @Nullable ByteBuffer scratch;
    private @Nullable UnsafeBuffer scratchView;

    RecordReader(CycleStore store, FaultPlan faults, RetainedCycles cycles, TailCache tail) {
        this.store = store;
        this.faults = faults;
        this.cycles = cycles;
        this.tail = tail;
    }

    DirectBuffer read(long position, int offset, int length) {
        int index = tail.indexOf(position);
        if (index >= 0 && position >= cycles.oldest().firstPosition()) {
            checkBounds(position, offset, length, RecordLayout.length(tail.view(), index));
            view.wrap(tail.view(), index + EventLog.HEADER_BYTES + offset, length);
            return view;
        }
        Cycle cycle = cycles.find(position);
        if (cycle == null || !cycle.holds(position)) {
            throw new LogException(
                    LogErrorCode.POSITION_UNKNOWN,
                    "Expected to read the record at position " + position + " of " + store.name()
                            + ", but it is not there any more, or not yet.");
        }
        return readFile(cycle, position, offset, length);
    }

    /** CRC of a record in its file. */
    int crcOf(Cycle cycle, long position) {
        readFile(cycle, position, 0, 0);
        return RecordLayout.crc(requireScratchView(), 0);
    }

    private DirectBuffer readFile(Cycle cycle, long position, int offset, int length) {
        faults.at("log.read");
        if (scratch == null) {
            scratch = ByteBuffer.allocateDirect(EventLog.RECORD_BYTES_MAX);
            scratchView = new UnsafeBuffer(scratch);
        }
        UnsafeBuffer bytes = requireScratchView();
        CycleFile file = open(cycle);
        long recordOffset = cycle.offsetOf(position);
        fill(file, scratch, 0, EventLog.HEADER_BYTES, recordOffset);
        if (RecordLayout.position(bytes, 0) != position || RecordLayout.shardEpoch(bytes, 0) != cycle.epoch()) {
            throw new LogException(
                    LogErrorCode.RECORD_DAMAGED,
                    "Expected the record at position " + position + " in cycle " + cycle.number() + " of "
                            + store.name() + ", but other bytes lie at file offset " + recordOffset + ".");
        }
        checkBounds(position, offset, length, RecordLayout.length(bytes, 0));
        if (length > 0) {
            fill(file, scratch, EventLog.HEADER_BYTES, length, recordOffset + EventLog.HEADER_BYTES + offset);
        }
        view.wrap(bytes, EventLog.HEADER_BYTES, length);
        return view;
    }

    private void fill(CycleFile file, ByteBuffer target, int index, int length, long fileOffset) {
        target.limit(index + length).position(index);
        int count = file.read(target, fileOffset);
        target.clear();
        if (count < length) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED,
                    "Expected " + length + " bytes at file offset " + fileOffset + " of a cycle of " + store.name()
                            + ", but the file ends after " + count + ".");
        }
    }

    private CycleFile open(Cycle cycle) {
        int slot = (int) (cycle.number() & (OPEN_FILES_MAX - 1));
        if (files[slot] != null && fileCycles[slot] != cycle.number()) {
            files[slot].close();
            files[slot] = null;
        }
        if (files[slot] == null) {
            files[slot] = store.open(cycle.number());
            fileCycles[slot] = cycle.number();
        }
        return files[slot];
    }

    private UnsafeBuffer requireScratchView() {
        return java.util.Objects.requireNonNull(scratchView);
    }

    private static void checkBounds(long position, int offset, int length, int recordLength) {
        if (offset < 0 || length < 0 || offset > recordLength - EventLog.HEADER_BYTES - length) {
            throw new IndexOutOfBoundsException("bytes " + offset + " to " + ((long) offset + length)
                    + " of the record at position " + position + ", which has "
                    + (recordLength - EventLog.HEADER_BYTES));
        }
    }

    void close() {
        for (int i = 0; i < files.length; i++) {
            if (files[i] != null) {
                files[i].close();
                files[i] = null;
            }
        }
    }
}
