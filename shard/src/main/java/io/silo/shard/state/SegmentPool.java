package io.silo.shard.state;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Off-heap memory for the segments of one {@link SlotIndex}, in twelve sizes from 64 bytes to 8 KiB; a larger one has memory of its own.
 * What is freed is kept for the next segment of its size. Addresses are those of cache lines and stay as they are until {@link #close()}.
 *
 * <p>Not on the heap, because a table that grows would then be most of what a young collection copies: 15 of 16 MB a second that a shard
 * allocated at 100,000 lifecycles a second. Only the shard thread may touch it.
 */
final class SegmentPool implements AutoCloseable {
    /** Words of the largest segment that is one of many. */
    static final int WORDS_MAX = 1_024;

    /** Words of the smallest one. */
    static final int WORDS_MIN = 8;

    /** Up to here a size is twice the one before, above it 128 words more. */
    private static final int WORDS_DOUBLED_MAX = 256;

    private static final int STEP = 128;
    private static final int SIZES = sizeOf(WORDS_MAX) + 1;

    /** As much is taken at once as is held already, within these bounds: zeroing the most takes some ten microseconds. */
    private static final int CHUNK_BYTES_MIN = 8_192;

    private static final int CHUNK_BYTES_MAX = 65_536;
    private static final int LINE_BYTES = BitUtil.CACHE_LINE_LENGTH;

    private final List<ByteBuffer> chunks = new ArrayList<>();
    private final Long2ObjectHashMap<ByteBuffer> large = new Long2ObjectHashMap<>();

    /** By size: address of the segment freed last, whose first word is the address of the one before; 0 = none. */
    private final long[] free = new long[SIZES];

    private long next;
    private long end;
    private long bytes;

    /** The size above this one; one above {@link #WORDS_MAX} is a quarter more. */
    static int larger(int words) {
        if (words < WORDS_DOUBLED_MAX) {
            return 2 * words;
        }
        return words < WORDS_MAX ? words + STEP : words + (words >>> 2 & -WORDS_MIN);
    }

    /** Number of a size, from 0. */
    private static int sizeOf(int words) {
        return words <= WORDS_DOUBLED_MAX
                ? Integer.numberOfTrailingZeros(words / WORDS_MIN)
                : Integer.numberOfTrailingZeros(WORDS_DOUBLED_MAX / WORDS_MIN) + (words - WORDS_DOUBLED_MAX) / STEP;
    }

    /**
     * Memory for a segment, all zero.
     *
     * @param words one of the sizes.
     * @return its address.
     * @throws OutOfMemoryError if the process may have no more.
     */
    long allocate(int words) {
        final long length = 8L * words;
        if (words > WORDS_MAX) {
            final ByteBuffer memory = take(Math.toIntExact(length));
            final long address = begin(memory);
            large.put(address, memory);
            return address;
        }
        final int size = sizeOf(words);
        final long freed = free[size];
        if (freed != 0) {
            free[size] = UnsafeApi.getLong(freed);
            UnsafeApi.setMemory(freed, length, (byte) 0);
            return freed;
        }
        if (end - next < length) {
            keepRest();
            final int chunkBytes = (int) Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, bytes));
            final ByteBuffer chunk = take(chunkBytes);
            chunks.add(chunk);
            next = begin(chunk);
            end = next + chunkBytes;
        }
        final long address = next;
        next += length;
        return address;
    }

    /** What is left of a chunk is too small for the segment that is wanted, but not for others. */
    private void keepRest() {
        for (int words = WORDS_MAX; words >= WORDS_MIN; words = smaller(words)) {
            while (end - next >= 8L * words) {
                free(next, words);
                next += 8L * words;
            }
        }
    }

    private static int smaller(int words) {
        return words <= WORDS_DOUBLED_MAX ? words / 2 : words - STEP;
    }

    /** Takes a segment back. */
    void free(long address, int words) {
        if (words > WORDS_MAX) {
            final ByteBuffer memory = large.remove(address);
            bytes -= memory.capacity();
            BufferUtil.free(memory);
            return;
        }
        final int size = sizeOf(words);
        UnsafeApi.putLong(address, free[size]);
        free[size] = address;
    }

    private ByteBuffer take(int length) {
        // The line more is what aligning may take.
        final ByteBuffer memory = ByteBuffer.allocateDirect(length + LINE_BYTES);
        bytes += memory.capacity();
        return memory;
    }

    private static long begin(ByteBuffer memory) {
        return BitUtil.align(BufferUtil.address(memory), LINE_BYTES);
    }

    /** Bytes held, used or free. */
    long bytes() {
        return bytes;
    }

    /** Gives all memory back: no address is good any more. */
    @Override
    public void close() {
        chunks.forEach(BufferUtil::free);
        chunks.clear();
        large.values().forEach(BufferUtil::free);
        large.clear();
        Arrays.fill(free, 0);
        next = 0;
        end = 0;
        bytes = 0;
    }
}
