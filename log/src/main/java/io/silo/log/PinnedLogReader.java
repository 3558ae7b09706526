package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Reads whole records on a descriptor of its own and keeps the cycle it is in from deletion. */
final class PinnedLogReader implements LogReader {
    /** Least length of the buffer, and what is read ahead at once. */
    private static final int READ_BYTES_MIN = 16 * 1024;

    /** For one who reads here and there: no more is read than the record. */
    static final int NO_WINDOW = 0;

    private final CycleSource source;
    private final RetainedCycles cycles;
    private final FaultPlan faults;
    private final Corruption corruption;
    private final int windowBytes;
    private final RecordLayout layout = new RecordLayout();
    private ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES_MIN);
    private UnsafeBuffer view = new UnsafeBuffer(bytes);
    private @Nullable Cycle cycle;
    private @Nullable CycleFile file;

    /** File offsets between which {@link #bytes} hold what was read last. */
    private long windowStart;

    private long windowEnd;

    /** @param windowBytes read at once, so that neighbours need no read of their own; {@link #NO_WINDOW} = none. */
    PinnedLogReader(
            CycleSource source, RetainedCycles cycles, FaultPlan faults, Corruption corruption, int windowBytes) {
        this.source = source;
        this.cycles = cycles;
        this.faults = faults;
        this.corruption = corruption;
        this.windowBytes = windowBytes;
    }

    @Override
    public boolean read(long position, RecordHandler handler) {
        Cycle holder = cycles.find(position);
        if (holder == null || !holder.holds(position) || !pin(holder)) {
            return false;
        }
        faults.at("log.read");
        long offset = holder.offsetOf(position);
        int previous = holder.seed();
        if (position > holder.firstPosition()) {
            int before = fill(EventLog.HEADER_BYTES, holder, position - 1);
            previous = RecordLayout.crc(view, before);
        }
        int at = fill(EventLog.HEADER_BYTES, holder, position);
        int length = RecordLayout.length(view, at);
        if (length < EventLog.HEADER_BYTES || length > EventLog.RECORD_BYTES_MAX) {
            throw damaged(holder, position, offset);
        }
        at = fill(length, holder, position);
        if (!RecordLayout.isPlausible(view, at, length)
                || RecordLayout.position(view, at) != position
                || RecordLayout.shardEpoch(view, at) != holder.epoch()
                || !layout.isChained(view, bytes, at, length, previous, holder.key())) {
            throw damaged(holder, position, offset);
        }
        if (RecordLayout.kind(view, at) != RecordLayout.KIND_EVENTS) {
            return false;
        }
        handler.onRecord(
                position,
                holder.epoch(),
                RecordLayout.timeMs(view, at),
                RecordLayout.eventCount(view, at),
                view,
                at + EventLog.HEADER_BYTES,
                length - EventLog.HEADER_BYTES);
        return true;
    }

    @Override
    public boolean readAhead(long position, int offset, int length) {
        Cycle holder = cycles.find(position);
        if (holder == null || !holder.holds(position) || !pin(holder)) {
            return false;
        }
        faults.at("log.readAhead");
        long recordOffset = holder.offsetOf(position);
        int end = EventLog.HEADER_BYTES + offset + length;
        int first = end <= READ_BYTES_MIN ? end : EventLog.HEADER_BYTES;
        readPages(recordOffset, first);
        for (int at = Math.max(first, end - length); at < end; at += READ_BYTES_MIN) {
            readPages(recordOffset + at, Math.min(READ_BYTES_MIN, end - at));
        }
        return true;
    }

    private void readPages(long fileOffset, int length) {
        windowEnd = windowStart;
        bytes.clear().limit(length);
        java.util.Objects.requireNonNull(file).read(bytes, fileOffset);
        bytes.clear();
    }

    @Override
    public void unpin() {
        close();
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
            file = null;
        }
        windowEnd = windowStart;
        if (cycle != null) {
            cycle.unpin();
            cycle = null;
        }
    }

    private boolean pin(Cycle holder) {
        if (cycle == holder) {
            return true;
        }
        close();
        if (!holder.pin()) {
            return false;
        }
        cycle = holder;
        file = source.open(holder.number());
        return true;
    }

    /** Has so many bytes of a record in {@link #bytes}, and returns where. */
    private int fill(int length, Cycle holder, long position) {
        long offset = holder.offsetOf(position);
        if (windowBytes == NO_WINDOW || offset < windowStart || offset + length > windowEnd) {
            read(length, holder, offset);
            if (offset + length > windowEnd) {
                throw damaged(holder, position, offset);
            }
        }
        return (int) (offset - windowStart);
    }

    private void read(int wanted, Cycle holder, long offset) {
        int length = Math.max(wanted, windowBytes);
        if (bytes.capacity() < length) {
            bytes = ByteBuffer.allocateDirect(Math.max(windowBytes, EventLog.RECORD_BYTES_MAX));
            view = new UnsafeBuffer(bytes);
        }
        // What is not published yet may be half written: it is read when it is wanted, not before.
        long published = cycles.published();
        bytes.clear().limit(length);
        int count = java.util.Objects.requireNonNull(file).read(bytes, offset);
        bytes.clear();
        windowStart = offset;
        windowEnd = offset + count;
        if (windowBytes != NO_WINDOW && holder.holds(published)) {
            windowEnd = Math.min(windowEnd, Math.max(offset + wanted, holder.offsetOf(published)));
        }
    }

    private LogException damaged(Cycle holder, long position, long offset) {
        LogException damage = corruption.exception(
                LogErrorCode.RECORD_DAMAGED, holder.number(), position, offset, "the record's checksum does not fit");
        return new LogException(damage.code(), String.valueOf(damage.getMessage()));
    }
}
