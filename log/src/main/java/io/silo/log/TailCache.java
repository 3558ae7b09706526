package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The records appended last, in a ring of off-heap memory, so that reading a fresh payload touches no file. The shard's thread only.
 *
 * <pre>
 *   0                                             capacity        + RECORD_BYTES_MAX
 *   [ record | record | record | ... | oldest ... ][ overrun      )
 * </pre>
 *
 * A record that begins before the capacity's end runs on behind it instead of wrapping, so that each is one piece.
 */
final class TailCache {
    /** Smaller records would fill the position ring before the bytes: then the oldest are simply not found. */
    private static final int RECORD_BYTES_EXPECTED_MIN = 128;

    private static final int ALIGNMENT = 8;

    private final long capacity;
    private final long[] starts;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private ByteBuffer bytes = ByteBuffer.allocateDirect(0);
    private long end;
    private long oldest = EventLog.NULL_POSITION;
    private long newest = EventLog.NULL_POSITION;

    TailCache(int capacityBytes) {
        capacity = capacityBytes;
        starts = new long[BitUtil.findNextPositivePowerOfTwo(Math.max(1, capacityBytes / RECORD_BYTES_EXPECTED_MIN))];
    }

    /** Takes a record and returns where it lies in {@link #view}. Positions must follow each other. */
    int put(long position, DirectBuffer source, int offset, int length) {
        if (oldest == EventLog.NULL_POSITION) {
            allocate();
            oldest = position;
        }
        int index = (int) (end & (capacity - 1));
        view.putBytes(index, source, offset, length);
        starts[(int) (position & (starts.length - 1))] = end;
        end = BitUtil.align(end + length, ALIGNMENT);
        newest = position;
        return index;
    }

    /** With the first record: a log that is only read needs no cache. */
    private void allocate() {
        bytes = ByteBuffer.allocateDirect((int) capacity + EventLog.RECORD_BYTES_MAX);
        view.wrap(bytes);
    }

    /** Where the record lies in {@link #view}, or -1 if it is not held any more. */
    int indexOf(long position) {
        if (position > newest
                || position < oldest
                || oldest == EventLog.NULL_POSITION
                || newest - position >= starts.length) {
            return -1;
        }
        long start = starts[(int) (position & (starts.length - 1))];
        return end > start + capacity ? -1 : (int) (start & (capacity - 1));
    }

    UnsafeBuffer view() {
        return view;
    }

    ByteBuffer bytes() {
        return bytes;
    }
}
