package io.silo.shard;

import io.silo.protocol.Bounds;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Replies that wait until a log position is durable, or in the page cache, in order of arrival. A ring of bytes beside a ring of entries; both bounded:
 * who finds no room puts its command off. Shard thread only; does not allocate.
 */
final class ParkedReplies {
    /** Fewest bytes that can be kept: with as many entries as twice the calls that may wait, a power of two. */
    static final int RING_BYTES_MIN = 4 * 1024 * 1024;

    /** Bytes of the ring for each entry: an acknowledgement of one job has about 100. */
    private static final int BYTES_PER_ENTRY = 128;

    private final int ringBytes;
    private final int bytesMask;
    private final int entriesMax;
    private final int entriesMask;
    private final UnsafeBuffer bytes;
    private final @Nullable Session[] sessions;
    private final long[] positions;
    private final long[] starts;
    private final int[] lengths;

    /** Entries taken and put so far. */
    private long head;

    private long tail;

    /** Bytes taken and put so far, padding at the ring's end included. */
    private long readBytes;

    private long writtenBytes;

    /** Bytes of a short reply: what the end of a job may bring for each call that waits for it. */
    private static final int SHORT_REPLY_BYTES = 64;

    static final int RESERVED_BYTES = Bounds.MESSAGE_BYTES_MAX + KeyedWaiters.WAITERS_MAX * SHORT_REPLY_BYTES;

    /** @param ringBytes bytes kept, a power of two from {@link #RING_BYTES_MIN}. */
    ParkedReplies(int ringBytes) {
        if (ringBytes < RING_BYTES_MIN || Integer.bitCount(ringBytes) != 1) {
            throw new IllegalArgumentException(
                    "ringBytes must be a power of two from " + RING_BYTES_MIN + ", not " + ringBytes);
        }
        this.ringBytes = ringBytes;
        bytesMask = ringBytes - 1;
        entriesMax = ringBytes / BYTES_PER_ENTRY;
        entriesMask = entriesMax - 1;
        bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(ringBytes));
        sessions = new Session[entriesMax];
        positions = new long[entriesMax];
        starts = new long[entriesMax];
        lengths = new int[entriesMax];
    }

    /** Whether the replies of one more command can be parked: one of any length, and a short one for each waiting call. */
    boolean hasRoom() {
        return tail - head < entriesMax - KeyedWaiters.WAITERS_MAX - 1
                && start(RESERVED_BYTES) + RESERVED_BYTES - readBytes <= ringBytes;
    }

    boolean isEmpty() {
        return head == tail;
    }

    int count() {
        return (int) (tail - head);
    }

    /** Keeps a copy until {@code position} is reached. Only after {@link #hasRoom} said yes. */
    void park(Session session, long position, DirectBuffer reply, int length) {
        final long start = start(length);
        if (tail - head >= entriesMax || start + length - readBytes > ringBytes) {
            throw new IllegalStateException("no room for a reply");
        }
        bytes.putBytes((int) start & bytesMask, reply, 0, length);
        final int entry = (int) tail & entriesMask;
        sessions[entry] = session;
        positions[entry] = position;
        starts[entry] = start;
        lengths[entry] = length;
        writtenBytes = start + length;
        tail++;
    }

    /**
     * Sends every reply whose turn has come and whose position is reached. Order of arrival is kept: a read of an older record waits
     * behind its predecessors, which the same sync releases.
     *
     * @param reached last position that is durable, or in the page cache.
     * @return how many were sent.
     */
    int dispatch(long reached, ReplySink sink) {
        final long before = head;
        while (head != tail) {
            final int entry = (int) head & entriesMask;
            // [SILO-LOG-ACK-1]
            if (positions[entry] > reached) {
                break;
            }
            final Session session = sessions[entry];
            if (session != null) {
                sink.send(session, bytes, (int) starts[entry] & bytesMask, lengths[entry]);
            }
            sessions[entry] = null;
            readBytes = starts[entry] + lengths[entry];
            head++;
        }
        return (int) (head - before);
    }

    /** Where {@code length} bytes lie together: behind the last reply, or at the ring's start if its end is too near. */
    private long start(int length) {
        final long rest = ringBytes - (writtenBytes & bytesMask);
        return length <= rest ? writtenBytes : writtenBytes + rest;
    }
}
