package io.silo.log;

import org.agrona.MutableDirectBuffer;

/**
 * The end of a log that is appended to: frames and chains records into the tail cache, and writes them to the store's page cache from
 * there, many at a time. The shard's thread only; what it writes is published to readers.
 */
final class LogEnd {
    /** Records are written when so many bytes wait for it, if nobody asks before. */
    private static final int WRITE_BYTES_MAX = 256 * 1024;

    /** The control record that ends a cycle, as a document. */
    private static final int CYCLE_CLOSED_DOCUMENT_BYTES = TailCache.documentBytes(RecordLayout.CYCLE_CLOSED_BYTES);

    private final CycleStore store;
    private final FaultPlan faults;
    private final long cycleBytes;
    private final RetainedCycles cycles;
    private final TailCache tail;
    private final int writeBytesMax;
    private final RecordLayout layout = new RecordLayout();
    private long position;
    private int crc;
    private long writtenPosition;

    LogEnd(CycleStore store, EventLogContext context, RetainedCycles cycles, TailCache tail) {
        this.store = store;
        this.faults = context.faults();
        this.cycles = cycles;
        this.tail = tail;
        cycleBytes = context.cycleBytes();
        writeBytesMax = Math.min(WRITE_BYTES_MAX, context.tailCacheBytes() / 2);
    }

    /** Goes on behind this record, which is in the store. */
    void moveTo(long lastPosition, int lastCrc) {
        position = lastPosition;
        crc = lastCrc;
        writtenPosition = lastPosition;
    }

    /** Position of the last record. */
    long position() {
        return position;
    }

    /** CRC of the last record. */
    int crc() {
        return crc;
    }

    /** Last record in the page cache. */
    long writtenPosition() {
        return writtenPosition;
    }

    /** Whether the active cycle would be too long with one more record and the one that ends it. */
    boolean isFullFor(int recordBytes) {
        return activeBytes() + TailCache.documentBytes(recordBytes) + CYCLE_CLOSED_DOCUMENT_BYTES > cycleBytes;
    }

    /** Whether blocks are allocated for what waits, one more record and the one that ends the cycle. */
    boolean hasBlocks(int recordBytes) {
        return store.hasRoom(tail.pendingBytes() + TailCache.documentBytes(recordBytes) + CYCLE_CLOSED_DOCUMENT_BYTES);
    }

    private long activeBytes() {
        return store.activeBytes() + tail.pendingBytes();
    }

    /**
     * Appends a record to the active cycle: chains its CRC, here and in the tail cache.
     *
     * @param offset where its header begins, which is filled in but for the CRC and names the position behind {@link #position}.
     */
    void append(Cycle cycle, MutableDirectBuffer buffer, int offset, int length) {
        if (tail.isRunOver()) {
            write();
        }
        long fileOffset = activeBytes() + DocumentCursor.HEADER_BYTES;
        int index = tail.put(position + 1, buffer, offset, length);
        int previous = cycle.count() == 0 ? cycle.seed() : crc;
        // [SILO-LOG-APPEND-1]
        int chained = layout.compute(tail.view(), tail.bytes(), index, length, previous, cycle.key());
        RecordLayout.crc(tail.view(), index, chained);
        RecordLayout.crc(buffer, offset, chained);
        faults.at("log.append");
        cycle.add(fileOffset, length);
        position++;
        crc = chained;
        if (tail.pendingBytes() > writeBytesMax) {
            write();
        }
    }

    /**
     * Hands what was appended over to the page cache.
     *
     * @throws LogException STORE_FAILED.
     */
    void write() {
        if (tail.pendingBytes() > 0) {
            faults.at("log.write");
            store.append(tail.pending());
            tail.onWritten();
        }
        writtenPosition = position;
        cycles.publish(position);
    }
}
