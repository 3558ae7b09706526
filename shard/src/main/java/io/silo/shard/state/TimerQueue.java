package io.silo.shard.state;

import java.util.Arrays;

/**
 * Deadlines in the total order (deadline, arrival), each naming an int id and a kind. A 4-ary heap in chunks, so that
 * it grows by a chunk and copies nothing; an entry is cancelled or moved through its handle in O(log n).
 *
 * <pre>
 *   heap place:  | long: deadline ms, 56 bits : kind, 8 bits | long: arrival |   and   | int: handle |
 *   handle:      | long: heap place, 32 bits : id, 32 bits |   free: | long: -1, 32 bits : next free handle, 32 bits |
 * </pre>
 *
 * <p>28 bytes an entry at the highest count so far; chunks are kept. Entries with equal deadline and arrival come by
 * kind. Only the shard thread may touch it; nothing allocates but the growth by a chunk of 4,096 entries.
 */
public final class TimerQueue {
    /** Takes the timers that are due. It may schedule, cancel and reschedule. */
    @FunctionalInterface
    public interface TimerHandler {
        /** One timer, no longer in the queue, whose handle is free. */
        void onTimer(int kind, int id, long deadlineMs);
    }

    /** Stands for "no timer" in a row; never a handle. */
    public static final int NULL_HANDLE = -1;

    /** Latest deadline, 2^55 - 1 ms: over a million years. */
    public static final long DEADLINE_MS_MAX = (1L << 55) - 1;

    /** Kinds are 0 to this. */
    public static final int KIND_MAX = 255;

    /** Most entries: as many as a shard may hold jobs several times over. */
    public static final int ENTRIES_MAX = 1 << 28;

    private static final int CHUNK_SHIFT = 12;
    private static final int CHUNK_ENTRIES = 1 << CHUNK_SHIFT;
    private static final int CHUNK_MASK = CHUNK_ENTRIES - 1;
    private static final int DIRECTORY_MIN = 8;
    private static final int ARITY = 4;

    private long[][] keys = new long[DIRECTORY_MIN][];
    private int[][] heapHandles = new int[DIRECTORY_MIN][];
    private long[][] handles = new long[DIRECTORY_MIN][];
    private int chunkCount;
    private int size;
    private int handleEnd;
    private int freeHandle = NULL_HANDLE;

    /**
     * Adds a timer.
     *
     * @param deadlineMs at most {@link #DEADLINE_MS_MAX}, not negative.
     * @param arrival breaks ties between equal deadlines.
     * @param kind 0 to {@link #KIND_MAX}.
     * @return the handle, not negative, valid until the timer fires or is cancelled, then given out again.
     * @throws IllegalArgumentException if deadline or kind is out of range.
     * @throws IllegalStateException if {@link #ENTRIES_MAX} are scheduled.
     */
    public int schedule(long deadlineMs, long arrival, int kind, int id) {
        checkDeadline(deadlineMs);
        if (kind < 0 || kind > KIND_MAX) {
            throw new IllegalArgumentException("Expected a kind of 0 to " + KIND_MAX + ", but it is " + kind + ".");
        }
        if (size == chunkCount << CHUNK_SHIFT) {
            addChunk();
        }
        int handle = freeHandle;
        if (handle != NULL_HANDLE) {
            freeHandle = (int) handles[handle >>> CHUNK_SHIFT][handle & CHUNK_MASK];
        } else {
            handle = handleEnd++;
        }
        handles[handle >>> CHUNK_SHIFT][handle & CHUNK_MASK] = id & 0xFFFFFFFFL;
        siftUp(size++, deadlineMs << 8 | kind, arrival, handle);
        return handle;
    }

    /**
     * Takes a timer out.
     *
     * @throws IllegalStateException if the handle names none.
     */
    public void cancel(int handle) {
        removeAt(placeOf(handle));
        releaseHandle(handle);
    }

    /**
     * Moves a timer to another deadline; arrival, kind, id and handle stay.
     *
     * @throws IllegalArgumentException if the deadline is out of range.
     * @throws IllegalStateException if the handle names none.
     */
    public void reschedule(int handle, long deadlineMs) {
        checkDeadline(deadlineMs);
        int place = placeOf(handle);
        long[] chunk = keys[place >>> CHUNK_SHIFT];
        int i = (place & CHUNK_MASK) << 1;
        put(place, deadlineMs << 8 | (chunk[i] & 0xFF), chunk[i + 1], handle);
    }

    /** Deadline in ms of a timer. */
    public long deadline(int handle) {
        return word(placeOf(handle)) >> 8;
    }

    /** The earliest deadline in ms; {@link Long#MAX_VALUE} if there is none. */
    public long nextDeadline() {
        return size == 0 ? Long.MAX_VALUE : keys[0][0] >> 8;
    }

    /**
     * Hands out timers whose deadline is at or before {@code nowMs}, in order, each taken out before its call. Those
     * that the handler adds count as well, so the limit is what ends the call.
     *
     * @return how many, at most {@code limit}.
     */
    public int poll(long nowMs, TimerHandler handler, int limit) {
        int count = 0;
        while (count < limit && size > 0) {
            long word = keys[0][0];
            if (word >> 8 > nowMs) {
                break;
            }
            int handle = heapHandles[0][0];
            int id = (int) handles[handle >>> CHUNK_SHIFT][handle & CHUNK_MASK];
            removeAt(0);
            releaseHandle(handle);
            count++;
            handler.onTimer((int) word & 0xFF, id, word >> 8);
        }
        return count;
    }

    /** Timers scheduled. */
    public int size() {
        return size;
    }

    /** Bytes of heap held. */
    public long bytes() {
        return chunkCount * (CHUNK_ENTRIES * 28L + 3 * 16) + keys.length * (3 * 4L) + 3 * 16;
    }

    private static void checkDeadline(long deadlineMs) {
        if (deadlineMs < 0 || deadlineMs > DEADLINE_MS_MAX) {
            throw new IllegalArgumentException(
                    "Expected a deadline of 0 to " + DEADLINE_MS_MAX + " ms, but it is " + deadlineMs + ".");
        }
    }

    private static boolean isBefore(long word, long arrival, long otherWord, long otherArrival) {
        if ((word ^ otherWord) >>> 8 != 0) {
            return word < otherWord;
        }
        return arrival != otherArrival ? arrival < otherArrival : word < otherWord;
    }

    private long word(int place) {
        return keys[place >>> CHUNK_SHIFT][(place & CHUNK_MASK) << 1];
    }

    private long arrival(int place) {
        return keys[place >>> CHUNK_SHIFT][((place & CHUNK_MASK) << 1) + 1];
    }

    private int placeOf(int handle) {
        if (handle >= 0 && handle < handleEnd) {
            int place = (int) (handles[handle >>> CHUNK_SHIFT][handle & CHUNK_MASK] >>> 32);
            if (place != -1) {
                return place;
            }
        }
        throw new IllegalStateException("Expected handle " + handle + " to name a timer, but it is free.");
    }

    private void releaseHandle(int handle) {
        handles[handle >>> CHUNK_SHIFT][handle & CHUNK_MASK] = -1L << 32 | (freeHandle & 0xFFFFFFFFL);
        freeHandle = handle;
    }

    private void removeAt(int place) {
        int last = --size;
        if (place != last) {
            put(place, word(last), arrival(last), heapHandles[last >>> CHUNK_SHIFT][last & CHUNK_MASK]);
        }
    }

    /** Sets an entry at a place that is free to take, and moves it to where it belongs. */
    private void put(int place, long word, long arrival, int handle) {
        int parent = (place - 1) / ARITY;
        if (place > 0 && isBefore(word, arrival, word(parent), arrival(parent))) {
            siftUp(place, word, arrival, handle);
        } else {
            siftDown(place, word, arrival, handle);
        }
    }

    private void siftUp(int from, long word, long arrival, int handle) {
        int place = from;
        while (place > 0) {
            int parent = (place - 1) / ARITY;
            if (!isBefore(word, arrival, word(parent), arrival(parent))) {
                break;
            }
            move(parent, place);
            place = parent;
        }
        set(place, word, arrival, handle);
    }

    private void siftDown(int from, long word, long arrival, int handle) {
        int place = from;
        while (true) {
            int child = place * ARITY + 1;
            if (child >= size) {
                break;
            }
            int least = child;
            int end = Math.min(child + ARITY, size);
            for (int other = child + 1; other < end; other++) {
                if (isBefore(word(other), arrival(other), word(least), arrival(least))) {
                    least = other;
                }
            }
            if (!isBefore(word(least), arrival(least), word, arrival)) {
                break;
            }
            move(least, place);
            place = least;
        }
        set(place, word, arrival, handle);
    }

    private void move(int from, int to) {
        set(to, word(from), arrival(from), heapHandles[from >>> CHUNK_SHIFT][from & CHUNK_MASK]);
    }

    private void set(int place, long word, long arrival, int handle) {
        int i = place & CHUNK_MASK;
        long[] chunk = keys[place >>> CHUNK_SHIFT];
        chunk[i << 1] = word;
        chunk[(i << 1) + 1] = arrival;
        heapHandles[place >>> CHUNK_SHIFT][i] = handle;
        long[] handleChunk = handles[handle >>> CHUNK_SHIFT];
        int h = handle & CHUNK_MASK;
        handleChunk[h] = (long) place << 32 | (handleChunk[h] & 0xFFFFFFFFL);
    }

    private void addChunk() {
        if (size == ENTRIES_MAX) {
            throw new IllegalStateException("Expected to schedule a timer, but " + ENTRIES_MAX + " are scheduled.");
        }
        int chunk = chunkCount;
        if (chunk == keys.length) {
            keys = Arrays.copyOf(keys, chunk * 2);
            heapHandles = Arrays.copyOf(heapHandles, chunk * 2);
            handles = Arrays.copyOf(handles, chunk * 2);
        }
        keys[chunk] = new long[CHUNK_ENTRIES * 2];
        heapHandles[chunk] = new int[CHUNK_ENTRIES];
        handles[chunk] = new long[CHUNK_ENTRIES];
        chunkCount++;
    }
}
