package io.silo.log;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A retained cycle in memory: where each of its records lies, and who reads it. Written by the shard's thread. Others may ask for
 * positions that were published to them after the append.
 *
 * <p>Four bytes a record: file offsets are kept in units of 4, to which documents are aligned.
 */
final class Cycle {
    /** 16,384 records, 64 KiB: small enough to allocate between two appends. */
    private static final int CHUNK_SHIFT = 14;

    private static final int CHUNK_SIZE = 1 << CHUNK_SHIFT;
    private static final int OFFSET_SHIFT = 2;
    private static final int DELETED = -1;

    private final long number;
    private final long firstPosition;
    private final long epoch;
    private final int key;
    private final int seed;
    private final AtomicInteger pins = new AtomicInteger();
    private int[][] chunks = new int[4][];
    private int count;
    private long endOffset;

    Cycle(CycleHeader header, RecordLayout layout) {
        CyclePreamble preamble = header.requirePreamble();
        CycleStarted started = header.requireStarted();
        number = header.cycle();
        firstPosition = started.firstPosition();
        epoch = started.epoch();
        key = layout.key(preamble.saltHigh(), preamble.saltLow());
        seed = layout.seed(preamble.saltHigh(), preamble.saltLow(), started.previousCrc());
        endOffset = header.recordsOffset();
    }

    long number() {
        return number;
    }

    long firstPosition() {
        return firstPosition;
    }

    /** Last position, one below the first if there is no record. */
    long lastPosition() {
        return firstPosition + count - 1;
    }

    boolean holds(long position) {
        return position >= firstPosition && position <= lastPosition();
    }

    int count() {
        return count;
    }

    long epoch() {
        return epoch;
    }

    int key() {
        return key;
    }

    /** What the first record is chained to. */
    int seed() {
        return seed;
    }

    /** Bytes of the file up to the end of the last record. */
    long endOffset() {
        return endOffset;
    }

    /** Takes the next record. */
    void add(long fileOffset, int length) {
        int chunk = count >>> CHUNK_SHIFT;
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunk * 2);
        }
        if (chunks[chunk] == null) {
            chunks[chunk] = new int[CHUNK_SIZE];
        }
        chunks[chunk][count & (CHUNK_SIZE - 1)] = (int) (fileOffset >>> OFFSET_SHIFT);
        count++;
        endOffset = DocumentCursor.align(fileOffset + length);
    }

    /** File offset of the record at a position that the cycle holds. */
    long offsetOf(long position) {
        int at = (int) (position - firstPosition);
        return (chunks[at >>> CHUNK_SHIFT][at & (CHUNK_SIZE - 1)] & 0xFFFFFFFFL) << OFFSET_SHIFT;
    }

    /** Forgets the records behind a position. */
    void truncateAfter(long position) {
        count = (int) Math.max(0, Math.min(count, position - firstPosition + 1));
    }

    /** Keeps the cycle's file from deletion. False if it is too late. Any thread. */
    boolean pin() {
        while (true) {
            int held = pins.get();
            if (held == DELETED) {
                return false;
            }
            if (pins.compareAndSet(held, held + 1)) {
                return true;
            }
        }
    }

    /** Gives a pin back. Any thread. */
    void unpin() {
        pins.decrementAndGet();
    }

    /** Whether the file may go; nobody can pin it from then on. */
    boolean tryDelete() {
        return pins.compareAndSet(0, DELETED);
    }
}
