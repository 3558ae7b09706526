package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Reads whole records on a descriptor of its own and keeps the cycle it is in from deletion. */
final class PinnedLogReader implements LogReader {
    /** Least length of the buffer, and what is read ahead at once. */
    private static final int READ_BYTES_MIN = 16 * 1024;

    private final CycleSource source;
    private final RetainedCycles cycles;
    private final FaultPlan faults;
    private final Corruption corruption;
    private final RecordLayout layout = new RecordLayout();
    private ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES_MIN);
    private UnsafeBuffer view = new UnsafeBuffer(bytes);
    private @Nullable Cycle cycle;
    private @Nullable CycleFile file;

    PinnedLogReader(CycleSource source, RetainedCycles cycles, FaultPlan faults, Corruption corruption) {
        this.source = source;
        this.cycles = cycles;
        this.faults = faults;
        this.corruption = corruption;
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
            fill(EventLog.HEADER_BYTES, holder, position - 1);
            previous = RecordLayout.crc(view, 0);
        }
        fill(EventLog.HEADER_BYTES, holder, position);
        int length = RecordLayout.length(view, 0);
        if (length < EventLog.HEADER_BYTES || length > EventLog.RECORD_BYTES_MAX) {
            throw damaged(holder, position, offset);
        }
        fill(length, holder, position);
        if (!RecordLayout.isPlausible(view, 0, length)
                || RecordLayout.position(view, 0) != position
                || RecordLayout.shardEpoch(view, 0) != holder.epoch()
                || !layout.isChained(view, bytes, 0, length, previous, holder.key())) {
            throw damaged(holder, position, offset);
        }
        if (RecordLayout.kind(view, 0) != RecordLayout.KIND_EVENTS) {
            return false;
        }
        handler.onRecord(
                position,
                holder.epoch(),
                RecordLayout.timeMs(view, 0),
                RecordLayout.eventCount(view, 0),
                view,
                EventLog.HEADER_BYTES,
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

    private void fill(int length, Cycle holder, long position) {
        if (bytes.capacity() < length) {
            bytes = ByteBuffer.allocateDirect(EventLog.RECORD_BYTES_MAX);
            view = new UnsafeBuffer(bytes);
        }
        long offset = holder.offsetOf(position);
        bytes.clear().limit(length);
        int count = java.util.Objects.requireNonNull(file).read(bytes, offset);
        bytes.clear();
        if (count < length) {
            throw damaged(holder, position, offset);
        }
    }

    private LogException damaged(Cycle holder, long position, long offset) {
        LogException damage = corruption.exception(
                LogErrorCode.RECORD_DAMAGED, holder.number(), position, offset, "the record's checksum does not fit");
        return new LogException(damage.code(), String.valueOf(damage.getMessage()));
    }
}
