package io.silo.log;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A reader for scans, which come back to the same records: jobs that were enqueued, leased or reported together share them. Keeps copies
 * of the records that were read last, checked as they were read, and a few cycles open.
 */
final class ScanningLogReader implements LogReader {
    /** Copies kept; a power of two. */
    private static final int RECORDS = 64;

    /** Longer records are not kept: 4 MiB at most. */
    private static final int RECORD_BYTES_MAX = 64 * 1024;

    /** Cycles kept open; a power of two. A job's events lie in the cycle that is scanned, and in few behind it. */
    private static final int CYCLES = 4;

    /** A record that was read. */
    private static final class Kept {
        private long position = EventLog.NULL_POSITION;
        private long epoch;
        private long timeMs;
        private int eventCount;
        private int length;
        private @Nullable UnsafeBuffer bytes;
    }

    private final RetainedCycles cycles;
    private final LogReader[] readers = new LogReader[CYCLES];
    private final Kept[] kept = new Kept[RECORDS];
    private final RecordHandler keeper = this::keep;
    private @Nullable RecordHandler handler;

    ScanningLogReader(CycleSource source, RetainedCycles cycles, FaultPlan faults, Corruption corruption) {
        this.cycles = cycles;
        for (int i = 0; i < CYCLES; i++) {
            readers[i] = new PinnedLogReader(source, cycles, faults, corruption);
        }
        for (int i = 0; i < RECORDS; i++) {
            kept[i] = new Kept();
        }
    }

    @Override
    public boolean read(long position, RecordHandler target) {
        final Cycle holder = cycles.find(position);
        if (holder == null) {
            return false;
        }
        final Kept record = kept[(int) (position & RECORDS - 1)];
        final UnsafeBuffer bytes = record.bytes;
        if (record.position == position && bytes != null) {
            target.onRecord(position, record.epoch, record.timeMs, record.eventCount, bytes, 0, record.length);
            return true;
        }
        handler = target;
        return reader(holder).read(position, keeper);
    }

    private void keep(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        if (length <= RECORD_BYTES_MAX) {
            final Kept record = kept[(int) (position & RECORDS - 1)];
            UnsafeBuffer bytes = record.bytes;
            if (bytes == null || bytes.capacity() < length) {
                bytes = new UnsafeBuffer(new byte[Math.min(RECORD_BYTES_MAX, Integer.highestOneBit(length) * 2)]);
                record.bytes = bytes;
            }
            bytes.putBytes(0, buffer, offset, length);
            record.position = position;
            record.epoch = epoch;
            record.timeMs = timeMs;
            record.eventCount = eventCount;
            record.length = length;
        }
        java.util.Objects.requireNonNull(handler).onRecord(position, epoch, timeMs, eventCount, buffer, offset, length);
    }

    private LogReader reader(Cycle holder) {
        return readers[(int) (holder.number() & CYCLES - 1)];
    }

    @Override
    public boolean readAhead(long position, int offset, int length) {
        final Cycle holder = cycles.find(position);
        return holder != null && reader(holder).readAhead(position, offset, length);
    }

    @Override
    public void unpin() {
        for (LogReader reader : readers) {
            reader.unpin();
        }
    }

    @Override
    public void close() {
        for (LogReader reader : readers) {
            reader.close();
        }
    }
}
