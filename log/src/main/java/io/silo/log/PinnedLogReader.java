package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Reads whole records on a descriptor of its own and keeps the cycle it is in from deletion. */
final class PinnedLogReader implements LogReader {
    /** Least length of the buffer, and what is read ahead at once. */
    private static final int READ_BYTES_MIN = 16 * 1024;

    /** A record before that is not longer is read along: three reads a record become one. */
    private static final int PREVIOUS_BYTES_MAX = 4 * 1024;

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
        int at = distanceFromPrevious(holder, position);
        int previous = holder.seed();
        if (position > holder.firstPosition() && at == 0) {
            fill(EventLog.HEADER_BYTES, holder, position - 1, holder.offsetOf(position - 1));
            previous = RecordLayout.crc(view, 0);
        }
        int filled = at + knownLength(holder, position, READ_BYTES_MIN - at);
        fill(filled, holder, position, offset - at);
        if (at > 0) {
            previous = RecordLayout.crc(view, 0);
        }
        int length = RecordLayout.length(view, at);
        if (length < EventLog.HEADER_BYTES || length > EventLog.RECORD_BYTES_MAX) {
            throw damaged(holder, position, offset);
        }
        if (at + length > filled) {
            fill(at + length, holder, position, offset - at);
        }
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

    /** Bytes from the record before, whose checksum is needed, if both can be read at once; else 0. */
    private static int distanceFromPrevious(Cycle holder, long position) {
        if (position == holder.firstPosition()) {
            return 0;
        }
        long distance = holder.offsetOf(position) - holder.offsetOf(position - 1);
        return distance <= PREVIOUS_BYTES_MAX ? (int) distance : 0;
    }

    /** Up to the next record if it is known and near; else of the header, which tells. */
    private int knownLength(Cycle holder, long position, int max) {
        if (position >= cycles.published() || !holder.holds(position + 1)) {
            return EventLog.HEADER_BYTES;
        }
        long distance = holder.offsetOf(position + 1) - holder.offsetOf(position);
        return distance <= max ? (int) distance : EventLog.HEADER_BYTES;
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

    private void fill(int length, Cycle holder, long position, long offset) {
        if (bytes.capacity() < length) {
            bytes = ByteBuffer.allocateDirect(PREVIOUS_BYTES_MAX + EventLog.RECORD_BYTES_MAX);
            view = new UnsafeBuffer(bytes);
        }
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
