package io.silo.shard.state;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Byte strings of 0 to 1,024 bytes, off heap, each in a row of the next multiple of 8 bytes that holds it and one byte
 * more. A chunk of 8 to 128 KiB, by the bound, holds rows of one size; a chunk that became empty serves any size, so a
 * change of lengths strands no memory.
 *
 * <pre>
 *   row:       | bytes | padding, 0 to 7 bytes | 1 byte: how much padding |
 *   free row:  | int: next free row of the chunk, in units | ... | 1 byte: FREE |
 *   ref:       | chunk, 17 bits or more | first 8-byte unit of the row in its chunk, 14 bits or less |
 * </pre>
 *
 * <p>Memory beside the strings: 1 byte and at most 7 of padding each; 25 bytes of heap and a buffer object a chunk.
 * Only the shard thread may touch it. Nothing allocates but the growth by a chunk, and no growth copies more than
 * 65,536 entries.
 */
public final class BytesSlab implements AutoCloseable {
    /** Longest string. */
    public static final int LENGTH_MAX = 1_024;

    /** Most bytes of chunks one slab can name: a ref has 31 bits and counts units of 8 bytes. */
    public static final long BYTES_MAX = 1L << (31 + 3);

    /** Fewest bytes of chunks that make a slab: seven of the longest rows. */
    public static final int BYTES_MIN = 1 << 13;

    private static final int CHUNK_BYTES_MAX = 1 << 17;
    /** Chunks are as small as this many of them allow, because each size in use holds one that is not full. */
    private static final int CHUNKS_AIM = 65_536;

    private static final int CLASSES = (LENGTH_MAX + 1 + 7) / 8 + 1;
    private static final int NONE = -1;
    private static final byte FREE = -1;
    private static final int DIRECTORY_MIN = 8;

    private final long bytesMax;
    private final int unitBits;
    private final int unitMask;
    private final int chunkUnits;
    private final int chunkBytes;
    /** By class, that is row size in units: the first chunk with a free row, or {@link #NONE}. */
    private final int[] openHead = new int[CLASSES];

    private UnsafeBuffer[] chunks = new UnsafeBuffer[DIRECTORY_MIN];
    private byte[] unitsPerRow = new byte[DIRECTORY_MIN];
    private int[] freeHead = new int[DIRECTORY_MIN];
    private int[] usedUnits = new int[DIRECTORY_MIN];
    private int[] liveRows = new int[DIRECTORY_MIN];
    private int[] openPrevious = new int[DIRECTORY_MIN];
    private int[] openNext = new int[DIRECTORY_MIN];
    private int chunkCount;
    private int emptyHead = NONE;
    private int count;
    private long usedBytes;

    /**
     * @param bytesMax bound on the bytes of chunks, at least {@link #BYTES_MIN}; more than {@link #BYTES_MAX} counts as
     *     that.
     * @throws IllegalArgumentException if it is less.
     */
    public BytesSlab(long bytesMax) {
        if (bytesMax < BYTES_MIN) {
            throw new IllegalArgumentException(
                    "Expected a slab of at least " + BYTES_MIN + " bytes, but " + bytesMax + " were asked for.");
        }
        this.bytesMax = Math.min(bytesMax, BYTES_MAX);
        int aim = (int) ((this.bytesMax - 1) / CHUNKS_AIM) + 1;
        chunkBytes = Math.min(Math.max(BitUtil.findNextPositivePowerOfTwo(aim), BYTES_MIN), CHUNK_BYTES_MAX);
        chunkUnits = chunkBytes >>> 3;
        unitMask = chunkUnits - 1;
        unitBits = Integer.bitCount(unitMask);
        Arrays.fill(openHead, NONE);
    }

    /** Whether {@link #add} has room for a string of {@code length} bytes. */
    public boolean canAdd(int length) {
        return length >= 0
                && length <= LENGTH_MAX
                && (openHead[unitsFor(length)] != NONE || emptyHead != NONE || bytes() + chunkBytes <= bytesMax);
    }

    /**
     * Copies {@code length} bytes in.
     *
     * @return the ref, not negative, that names the copy until it is removed.
     * @throws IllegalArgumentException if {@code length} is not in 0 to 1,024.
     * @throws IllegalStateException if the slab's bytes are used up; {@link #canAdd} tells before.
     */
    public int add(DirectBuffer source, int offset, int length) {
        if (length < 0 || length > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "Expected a string of 0 to " + LENGTH_MAX + " bytes, but it has " + length + ".");
        }
        int units = unitsFor(length);
        int chunk = openHead[units];
        if (chunk == NONE) {
            chunk = openChunk(units);
        }
        UnsafeBuffer buffer = chunks[chunk];
        int unit = freeHead[chunk];
        if (unit != NONE) {
            freeHead[chunk] = buffer.getInt(unit << 3);
        } else {
            unit = usedUnits[chunk];
            usedUnits[chunk] = unit + units;
        }
        liveRows[chunk]++;
        if (freeHead[chunk] == NONE && usedUnits[chunk] + units > chunkUnits) {
            unlinkOpen(chunk);
        }
        int rowBytes = units << 3;
        buffer.putBytes(unit << 3, source, offset, length);
        buffer.putByte((unit << 3) + rowBytes - 1, (byte) (rowBytes - 1 - length));
        count++;
        usedBytes += rowBytes;
        return chunk << unitBits | unit;
    }

    /**
     * Ends a string; its ref will be given out again.
     *
     * @throws IllegalStateException if it is not live.
     */
    public void remove(int ref) {
        checkLive(ref);
        int chunk = ref >>> unitBits;
        int unit = ref & unitMask;
        int units = unitsPerRow[chunk] & 0xFF;
        UnsafeBuffer buffer = chunks[chunk];
        boolean wasFull = freeHead[chunk] == NONE && usedUnits[chunk] + units > chunkUnits;
        buffer.putByte(((unit + units) << 3) - 1, FREE);
        buffer.putInt(unit << 3, freeHead[chunk]);
        freeHead[chunk] = unit;
        count--;
        usedBytes -= (long) units << 3;
        if (--liveRows[chunk] == 0) {
            // A chunk has room for seven rows at least, so this one was open before its last row went.
            unlinkOpen(chunk);
            openNext[chunk] = emptyHead;
            emptyHead = chunk;
            unitsPerRow[chunk] = 0;
        } else if (wasFull) {
            linkOpen(chunk, units);
        }
    }

    /** Bytes of the string. */
    public int length(int ref) {
        int rowBytes = (unitsPerRow[ref >>> unitBits] & 0xFF) << 3;
        int padding = chunks[ref >>> unitBits].getByte(((ref & unitMask) << 3) + rowBytes - 1);
        assert padding >= 0 && padding < 8 : "string " + ref + " is not live";
        return rowBytes - 1 - padding;
    }

    /** Whether the string is the {@code length} bytes of {@code buffer} from {@code offset}. */
    public boolean equals(int ref, DirectBuffer buffer, int offset, int length) {
        if (length(ref) != length) {
            return false;
        }
        UnsafeBuffer chunk = chunks[ref >>> unitBits];
        int own = (ref & unitMask) << 3;
        int i = 0;
        for (; i <= length - 8; i += 8) {
            if (chunk.getLong(own + i) != buffer.getLong(offset + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (chunk.getByte(own + i) != buffer.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    /** Lets {@code view} show the string; the view is good until the string is removed. */
    public void wrap(int ref, DirectBuffer view) {
        view.wrap(chunks[ref >>> unitBits], (ref & unitMask) << 3, length(ref));
    }

    /** Live strings. */
    public int count() {
        return count;
    }

    /** Off-heap bytes held. */
    public long bytes() {
        return (long) chunkCount * chunkBytes;
    }

    /** Bytes of the rows of live strings: what is held less what is free for others. */
    public long usedBytes() {
        return usedBytes;
    }

    /** Gives all memory back; the slab is empty afterwards and may be used again. */
    @Override
    public void close() {
        for (int i = 0; i < chunkCount; i++) {
            BufferUtil.free(chunks[i]);
            unitsPerRow[i] = 0;
        }
        chunks = new UnsafeBuffer[unitsPerRow.length];
        chunkCount = 0;
        count = 0;
        usedBytes = 0;
        emptyHead = NONE;
        Arrays.fill(openHead, NONE);
    }

    /** Bytes that the slab grows by. */
    int chunkBytes() {
        return chunkBytes;
    }

    private static int unitsFor(int length) {
        return (length + 8) >>> 3;
    }

    private void checkLive(int ref) {
        int chunk = ref >>> unitBits;
        if (ref >= 0 && chunk < chunkCount) {
            int units = unitsPerRow[chunk] & 0xFF;
            int unit = ref & unitMask;
            if (units != 0 && unit < usedUnits[chunk] && unit % units == 0) {
                int padding = chunks[chunk].getByte(((unit + units) << 3) - 1);
                if (padding != FREE) {
                    return;
                }
            }
        }
        throw new IllegalStateException("Expected to remove string " + ref + ", but it is not live.");
    }

    /** Takes an empty chunk, or a new one, for rows of {@code units}. */
    private int openChunk(int units) {
        int chunk = emptyHead;
        if (chunk != NONE) {
            emptyHead = openNext[chunk];
        } else {
            if (bytes() + chunkBytes > bytesMax) {
                throw new IllegalStateException(
                        "Expected to add a string, but the slab holds its " + bytesMax + " bytes.");
            }
            chunk = addChunk();
        }
        unitsPerRow[chunk] = (byte) units;
        freeHead[chunk] = NONE;
        usedUnits[chunk] = 0;
        liveRows[chunk] = 0;
        linkOpen(chunk, units);
        return chunk;
    }

    private int addChunk() {
        int chunk = chunkCount;
        if (chunk == unitsPerRow.length) {
            chunks = Arrays.copyOf(chunks, chunk * 2);
            unitsPerRow = Arrays.copyOf(unitsPerRow, chunk * 2);
            freeHead = Arrays.copyOf(freeHead, chunk * 2);
            usedUnits = Arrays.copyOf(usedUnits, chunk * 2);
            liveRows = Arrays.copyOf(liveRows, chunk * 2);
            openPrevious = Arrays.copyOf(openPrevious, chunk * 2);
            openNext = Arrays.copyOf(openNext, chunk * 2);
        }
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(chunkBytes));
        buffer.verifyAlignment();
        chunks[chunk] = buffer;
        chunkCount++;
        return chunk;
    }

    private void linkOpen(int chunk, int units) {
        int next = openHead[units];
        openPrevious[chunk] = NONE;
        openNext[chunk] = next;
        if (next != NONE) {
            openPrevious[next] = chunk;
        }
        openHead[units] = chunk;
    }

    private void unlinkOpen(int chunk) {
        int previous = openPrevious[chunk];
        int next = openNext[chunk];
        if (previous == NONE) {
            openHead[unitsPerRow[chunk] & 0xFF] = next;
        } else {
            openNext[previous] = next;
        }
        if (next != NONE) {
            openPrevious[next] = previous;
        }
    }
}
