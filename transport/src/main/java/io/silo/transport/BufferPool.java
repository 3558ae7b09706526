package io.silo.transport;

import java.util.ArrayDeque;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Buffers for replies that could not leave at once, in three sizes, so that a client that connects costs 4 KiB and only a slow
 * one a mebibyte. The sum in use has a bound of its own. Shard thread only.
 */
final class BufferPool {
    /** The sizes, in bytes: a handshake; one message of any length; the bound of a session. */
    private final int[] sizes;

    // 32 of each size: what came together once tends to come again, and 32 MiB is the most kept for it.
    private static final int FREE_MAX = 32;

    private final ArrayDeque<UnsafeBuffer>[] free;
    private final long bytesMax;
    private long bytesInUse;

    /**
     * @param largest greatest buffer, in bytes.
     * @param bytesMax of all buffers in use together.
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    BufferPool(int largest, long bytesMax) {
        this.sizes = new int[] {Math.min(4 * 1024, largest), Math.min(256 * 1024, largest), largest};
        this.free = new ArrayDeque[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            free[i] = new ArrayDeque<>();
        }
        this.bytesMax = bytesMax;
    }

    /** A buffer of at least {@code length} bytes, or null when a bound is reached. Allocates when no free one is there. */
    @Nullable
    UnsafeBuffer take(int length) {
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] >= length) {
                if (bytesInUse + sizes[i] > bytesMax) {
                    return null;
                }
                bytesInUse += sizes[i];
                final UnsafeBuffer pooled = free[i].pollLast();
                return pooled != null ? pooled : new UnsafeBuffer(new byte[sizes[i]]);
            }
        }
        return null;
    }

    void give(UnsafeBuffer buffer) {
        bytesInUse -= buffer.capacity();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == buffer.capacity() && free[i].size() < FREE_MAX) {
                free[i].addLast(buffer);
                return;
            }
        }
    }

    long bytesInUse() {
        return bytesInUse;
    }
}
