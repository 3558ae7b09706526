package io.silo.shard.state;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Rows of one fixed size in off-heap chunks, named by dense int slots that are reused. Growing adds a chunk and copies
 * no row, so an allocation costs the same with ten rows and with ten million.
 *
 * <pre>
 *   chunk:  | row 0 | row 1 | ... | row n-1 | live bits, one a row, in longs |
 *   free row:  | int: next free slot | untouched until the row is allocated again |
 * </pre>
 *
 * <p>Freed slots are reused last in, first out; chunks stay until {@link #close()}. Only the shard thread may touch it.
 * Reads and writes are checked against the chunk, and with assertions on also against the row and its being live.
 */
public final class RowSlab implements AutoCloseable {
    /** Stands for "no row". */
    public static final int NULL_SLOT = -1;

    /** Most chunks of one slab: its directory doubles, and no step copies more than half of this. */
    public static final int CHUNKS_MAX = 65_536;

    private static final int DIRECTORY_MIN = 8;

    private final int rowBytes;
    private final int rowsMax;
    private final int chunkShift;
    private final int chunkMask;
    private final int liveOffset;
    private final int chunkBytes;
    private UnsafeBuffer[] chunks = new UnsafeBuffer[DIRECTORY_MIN];
    private int chunkCount;
    private int used;
    private int freeHead = NULL_SLOT;
    private int count;

    /**
     * @param rowBytes size of a row, a positive multiple of 8.
     * @param rowsPerChunk a power of two; a chunk is at most 1 GiB.
     * @param rowsMax bound on live rows, at most {@link #CHUNKS_MAX} chunks of them.
     * @throws IllegalArgumentException if one of them is out of its range.
     */
    public RowSlab(int rowBytes, int rowsPerChunk, int rowsMax) {
        if (rowBytes <= 0 || (rowBytes & 7) != 0) {
            throw new IllegalArgumentException(
                    "Expected a row of a positive multiple of 8 bytes, but it is " + rowBytes + ".");
        }
        if (Integer.bitCount(rowsPerChunk) != 1 || rowsPerChunk < 0) {
            throw new IllegalArgumentException(
                    "Expected a power of two of rows a chunk, but it is " + rowsPerChunk + ".");
        }
        long bytes = (long) rowsPerChunk * rowBytes + Math.max(8, rowsPerChunk >>> 3);
        if (bytes > 1L << 30) {
            throw new IllegalArgumentException("Expected a chunk of at most 1 GiB, but it is " + bytes + " bytes.");
        }
        if (rowsMax <= 0 || (rowsMax - 1) / rowsPerChunk >= CHUNKS_MAX) {
            throw new IllegalArgumentException(
                    "Expected 1 to " + CHUNKS_MAX + " chunks of rows, but " + rowsMax + " rows were asked for.");
        }
        this.rowBytes = rowBytes;
        this.rowsMax = rowsMax;
        chunkShift = Integer.numberOfTrailingZeros(rowsPerChunk);
        chunkMask = rowsPerChunk - 1;
        liveOffset = rowsPerChunk * rowBytes;
        chunkBytes = (int) bytes;
    }

    /**
     * Makes a row live, all zero.
     *
     * @return its slot, the one freed last or else the lowest never used.
     * @throws IllegalStateException if {@code rowsMax} rows are live.
     */
    public int allocate() {
        int slot = freeHead;
        if (slot != NULL_SLOT) {
            UnsafeBuffer chunk = chunks[slot >>> chunkShift];
            int row = (slot & chunkMask) * rowBytes;
            freeHead = chunk.getInt(row);
            chunk.setMemory(row, rowBytes, (byte) 0);
        } else {
            slot = used;
            if (slot == rowsMax) {
                throw new IllegalStateException("Expected to allocate a row, but all " + rowsMax + " are live.");
            }
            if (slot >>> chunkShift == chunkCount) {
                addChunk();
            }
            used = slot + 1;
        }
        flipLive(slot);
        count++;
        return slot;
    }

    /**
     * Ends a row; its slot will be given out again.
     *
     * @throws IllegalStateException if the row is not live.
     */
    public void free(int slot) {
        if (!isLive(slot)) {
            throw new IllegalStateException("Expected to free row " + slot + ", but it is not live.");
        }
        flipLive(slot);
        chunks[slot >>> chunkShift].putInt((slot & chunkMask) * rowBytes, freeHead);
        freeHead = slot;
        count--;
    }

    /** Whether {@code slot}, which may be any int, names a live row. */
    public boolean isLive(int slot) {
        if (slot < 0 || slot >= used) {
            return false;
        }
        int row = slot & chunkMask;
        return (chunks[slot >>> chunkShift].getLong(liveOffset + ((row >>> 6) << 3)) & (1L << row)) != 0;
    }

    /**
     * The first live row in {@code [fromSlot, endSlot)}, or {@link #NULL_SLOT}: a scan takes slices of slots, and an
     * empty slice costs one step for every 64 of them.
     */
    public int nextLive(int fromSlot, int endSlot) {
        int end = Math.min(endSlot, used);
        int slot = Math.max(fromSlot, 0);
        int wordMask = Math.min(63, chunkMask);
        while (slot < end) {
            int row = slot & chunkMask;
            long word = chunks[slot >>> chunkShift].getLong(liveOffset + ((row >>> 6) << 3)) & (-1L << row);
            if (word != 0) {
                int found = (slot & ~wordMask) + Long.numberOfTrailingZeros(word);
                return found < end ? found : NULL_SLOT;
            }
            slot = (slot | wordMask) + 1;
        }
        return NULL_SLOT;
    }

    public long getLong(int slot, int offset) {
        return chunks[slot >>> chunkShift].getLong(index(slot, offset, 8));
    }

    public void putLong(int slot, int offset, long value) {
        chunks[slot >>> chunkShift].putLong(index(slot, offset, 8), value);
    }

    public int getInt(int slot, int offset) {
        return chunks[slot >>> chunkShift].getInt(index(slot, offset, 4));
    }

    public void putInt(int slot, int offset, int value) {
        chunks[slot >>> chunkShift].putInt(index(slot, offset, 4), value);
    }

    public short getShort(int slot, int offset) {
        return chunks[slot >>> chunkShift].getShort(index(slot, offset, 2));
    }

    public void putShort(int slot, int offset, short value) {
        chunks[slot >>> chunkShift].putShort(index(slot, offset, 2), value);
    }

    public byte getByte(int slot, int offset) {
        return chunks[slot >>> chunkShift].getByte(index(slot, offset, 1));
    }

    public void putByte(int slot, int offset, byte value) {
        chunks[slot >>> chunkShift].putByte(index(slot, offset, 1), value);
    }

    /** Live rows. */
    public int count() {
        return count;
    }

    /** The bound on live rows. */
    public int rowsMax() {
        return rowsMax;
    }

    /** Rows that the chunks held now have room for. */
    public int capacity() {
        return (int) Math.min(rowsMax, (long) chunkCount << chunkShift);
    }

    /** One past the highest slot ever live: where a scan ends. */
    public int slotEnd() {
        return used;
    }

    /** Off-heap bytes held, live bits included. */
    public long bytes() {
        return (long) chunkCount * chunkBytes;
    }

    public int chunkCount() {
        return chunkCount;
    }

    /** Gives all memory back; the slab is empty afterwards and may be used again. */
    @Override
    public void close() {
        for (int i = 0; i < chunkCount; i++) {
            BufferUtil.free(chunks[i]);
        }
        chunks = new UnsafeBuffer[DIRECTORY_MIN];
        chunkCount = 0;
        used = 0;
        count = 0;
        freeHead = NULL_SLOT;
    }

    private int index(int slot, int offset, int length) {
        assert isLive(slot) : "row " + slot + " is not live";
        assert offset >= 0 && offset + length <= rowBytes : "offset " + offset + " is outside the row";
        return (slot & chunkMask) * rowBytes + offset;
    }

    private void flipLive(int slot) {
        int row = slot & chunkMask;
        int word = liveOffset + ((row >>> 6) << 3);
        UnsafeBuffer chunk = chunks[slot >>> chunkShift];
        chunk.putLong(word, chunk.getLong(word) ^ (1L << row));
    }

    private void addChunk() {
        if (chunkCount == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunkCount * 2);
        }
        UnsafeBuffer chunk = new UnsafeBuffer(ByteBuffer.allocateDirect(chunkBytes));
        chunk.verifyAlignment();
        chunks[chunkCount++] = chunk;
    }
}
