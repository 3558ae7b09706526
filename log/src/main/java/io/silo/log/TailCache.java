package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The records appended last, in a ring of off-heap memory, so that reading a fresh payload touches no file. They lie in it as in the
 * file, each behind the header of its document, so that what is not written yet goes to the file from here, in one piece. The shard's
 * thread only.
 *
 * <pre>
 *   0                                                 capacity        + RECORD_BYTES_MAX
 *   [ document | document | document | ... | oldest ... ][ overrun      )
 * </pre>
 *
 * A document that begins before the capacity's end runs on behind it instead of wrapping, so that each is one piece.
 */
final class TailCache {
    /** Smaller records would fill the position ring before the bytes: then the oldest are simply not found. */
    private static final int RECORD_BYTES_EXPECTED_MIN = 128;

    /** What lies in the overrun besides the longest record: its header and padding. */
    private static final int FRAMING_BYTES = 2 * DocumentCursor.HEADER_BYTES;

    private final long capacity;
    private final long[] starts;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private ByteBuffer bytes = ByteBuffer.allocateDirect(0);
    private ByteBuffer pending = bytes;
    private long end;
    private long written;
    private int pendingCount;
    private long oldest = EventLog.NULL_POSITION;
    private long newest = EventLog.NULL_POSITION;

    TailCache(int capacityBytes) {
        capacity = capacityBytes;
        starts = new long[BitUtil.findNextPositivePowerOfTwo(Math.max(1, capacityBytes / RECORD_BYTES_EXPECTED_MIN))];
    }

    /** Takes a record and returns where it lies in {@link #view}. Positions must follow each other. Not while {@link #isRunOver}. */
    int put(long position, DirectBuffer source, int offset, int length) {
        if (oldest == EventLog.NULL_POSITION) {
            allocate();
            oldest = position;
        }
        int document = (int) (end & (capacity - 1));
        int bytesUsed = documentBytes(length);
        view.putInt(document + bytesUsed - Integer.BYTES, 0); // padding
        view.putInt(document, length, ByteOrder.LITTLE_ENDIAN);
        int index = document + DocumentCursor.HEADER_BYTES;
        view.putBytes(index, source, offset, length);
        starts[(int) (position & (starts.length - 1))] = end;
        end += bytesUsed;
        newest = position;
        pendingCount++;
        return index;
    }

    /** With the first record: a log that is only read needs no cache. */
    private void allocate() {
        bytes = ByteBuffer.allocateDirect((int) capacity + EventLog.RECORD_BYTES_MAX + FRAMING_BYTES);
        pending = bytes.duplicate();
        view.wrap(bytes);
    }

    /** Bytes of a record's document in the file. */
    static int documentBytes(int length) {
        return (int) DocumentCursor.align(DocumentCursor.HEADER_BYTES + length);
    }

    /** Bytes of the documents that were put and not written. */
    int pendingBytes() {
        return (int) (end - written);
    }

    /** Whether what is pending has to be written before another record is put: it would not be one piece, or not be found any more. */
    boolean isRunOver() {
        return pendingCount > 0 && (end / capacity != written / capacity || pendingCount == starts.length / 2);
    }

    /** The documents that were put and not written, as they are to lie in the file. */
    ByteBuffer pending() {
        int index = (int) (written & (capacity - 1));
        return pending.limit(index + pendingBytes()).position(index);
    }

    /** All that is pending was written. */
    void onWritten() {
        written = end;
        pendingCount = 0;
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
        return end > start + capacity ? -1 : (int) (start & (capacity - 1)) + DocumentCursor.HEADER_BYTES;
    }

    UnsafeBuffer view() {
        return view;
    }

    ByteBuffer bytes() {
        return bytes;
    }
}
