package io.silo.shard;

import io.silo.protocol.Bounds;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Replies that wait until a log position is durable, in order of arrival. A ring of bytes beside a ring of entries; both bounded:
 * who finds no room puts its command off. Shard thread only; does not allocate.
 */
final class ParkedReplies {
    /** Bytes kept, a power of two: 60 replies of the longest kind, or about 80,000 acknowledgements. */
    static final int RING_BYTES = 8 * 1024 * 1024;

    /** Entries kept, a power of two. */
    static final int ENTRIES_MAX = 1 << 16;

    private static final int BYTES_MASK = RING_BYTES - 1;
    private static final int ENTRIES_MASK = ENTRIES_MAX - 1;

    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(RING_BYTES));
    private final @Nullable Session[] sessions = new Session[ENTRIES_MAX];
    private final long[] positions = new long[ENTRIES_MAX];
    private final long[] starts = new long[ENTRIES_MAX];
    private final int[] lengths = new int[ENTRIES_MAX];

    /** Entries taken and put so far. */
    private long head;

    private long tail;

    /** Bytes taken and put so far, padding at the ring's end included. */
    private long readBytes;

    private long writtenBytes;

    /** Bytes of a short reply: what the end of a job may bring for each call that waits for it. */
    private static final int SHORT_REPLY_BYTES = 64;

    private static final int RESERVED_BYTES = Bounds.MESSAGE_BYTES_MAX + ResultWaiters.WAITERS_MAX * SHORT_REPLY_BYTES;

    /** Whether the replies of one more command can be parked: one of any length, and a short one for each waiting call. */
    boolean hasRoom() {
        return tail - head < ENTRIES_MAX - ResultWaiters.WAITERS_MAX - 1
                && start(RESERVED_BYTES) + RESERVED_BYTES - readBytes <= RING_BYTES;
    }

    boolean isEmpty() {
        return head == tail;
    }

    int count() {
        return (int) (tail - head);
    }

    /** Keeps a copy until {@code position} is durable. Only after {@link #hasRoom} said yes. */
    void park(Session session, long position, DirectBuffer reply, int length) {
        final long start = start(length);
        if (tail - head >= ENTRIES_MAX || start + length - readBytes > RING_BYTES) {
            throw new IllegalStateException("no room for a reply");
        }
        bytes.putBytes((int) start & BYTES_MASK, reply, 0, length);
        final int entry = (int) tail & ENTRIES_MASK;
        sessions[entry] = session;
        positions[entry] = position;
        starts[entry] = start;
        lengths[entry] = length;
        writtenBytes = start + length;
        tail++;
    }

    /**
     * Sends every reply whose turn has come and whose position is durable. Order of arrival is kept: a read of an older record waits
     * behind its predecessors, which the same sync releases.
     *
     * @return how many were sent.
     */
    int dispatch(long durablePosition, ReplySink sink) {
        final long before = head;
        while (head != tail) {
            final int entry = (int) head & ENTRIES_MASK;
            // [SILO-LOG-ACK-1]
            if (positions[entry] > durablePosition) {
                break;
            }
            final Session session = sessions[entry];
            if (session != null) {
                sink.send(session, bytes, (int) starts[entry] & BYTES_MASK, lengths[entry]);
            }
            sessions[entry] = null;
            readBytes = starts[entry] + lengths[entry];
            head++;
        }
        return (int) (head - before);
    }

    /** Where {@code length} bytes lie together: behind the last reply, or at the ring's start if its end is too near. */
    private long start(int length) {
        final long rest = RING_BYTES - (writtenBytes & BYTES_MASK);
        return length <= rest ? writtenBytes : writtenBytes + rest;
    }
}
