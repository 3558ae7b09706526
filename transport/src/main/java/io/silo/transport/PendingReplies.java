package io.silo.transport;

import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Replies that one session has not taken yet, in order. Holds a pooled buffer only while there are some. Shard thread only.
 *
 * <pre>
 *   | taken | length i32 | bytes, padded to 4 | length i32 | ... | free |
 *           ^ head                                             ^ tail
 * </pre>
 */
final class PendingReplies {
    private static final int LENGTH_BYTES = Integer.BYTES;

    private final BufferPool pool;
    private @Nullable UnsafeBuffer buffer;
    private int head;
    private int tail;

    PendingReplies(BufferPool pool) {
        this.pool = pool;
    }

    boolean isEmpty() {
        return head == tail;
    }

    /** Bytes held, with their lengths. */
    int sizeBytes() {
        return tail - head;
    }

    /** Takes a copy. False when the bound of the session or of all together is reached; nothing is taken then. */
    boolean add(DirectBuffer source, int offset, int length) {
        final int needed = LENGTH_BYTES + BitUtil.align(length, LENGTH_BYTES);
        final UnsafeBuffer target = room(needed);
        if (target == null) {
            return false;
        }
        target.putInt(tail, length);
        target.putBytes(tail + LENGTH_BYTES, source, offset, length);
        tail += needed;
        return true;
    }

    /** Where the oldest reply begins. Only when not empty. */
    int firstOffset() {
        return head + LENGTH_BYTES;
    }

    /** Length of the oldest reply in bytes. Only when not empty. */
    int firstLength() {
        return buffer().getInt(head);
    }

    /** The bytes. Only when not empty. */
    UnsafeBuffer buffer() {
        final UnsafeBuffer current = buffer;
        if (current == null) {
            throw new IllegalStateException("no reply is pending");
        }
        return current;
    }

    /** Drops the oldest reply, which has left. */
    void removeFirst() {
        head += LENGTH_BYTES + BitUtil.align(firstLength(), LENGTH_BYTES);
        if (head == tail) {
            clear();
        }
    }

    void clear() {
        if (buffer != null) {
            pool.give(buffer);
            buffer = null;
        }
        head = 0;
        tail = 0;
    }

    private @Nullable UnsafeBuffer room(int needed) {
        final UnsafeBuffer current = buffer;
        if (current != null && tail + needed <= current.capacity()) {
            return current;
        }
        final int size = sizeBytes();
        if (current != null && size + needed <= current.capacity()) {
            moveTo(current, current, size);
            return current;
        }
        final UnsafeBuffer larger = pool.take(size + needed);
        if (larger == null) {
            return null;
        }
        if (current != null) {
            moveTo(current, larger, size);
            pool.give(current);
        }
        buffer = larger;
        return larger;
    }

    private void moveTo(UnsafeBuffer from, UnsafeBuffer to, int size) {
        // UnsafeBuffer copies as memmove does: the ranges may overlap.
        to.putBytes(0, from, head, size);
        head = 0;
        tail = size;
    }
}
