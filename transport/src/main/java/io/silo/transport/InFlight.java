package io.silo.transport;

/**
 * Correlation ids of commands without an answer, with their deadlines. A fixed number of slots; an id names its slot, so that
 * answers find it in any order. One thread; does not allocate.
 */
final class InFlight {
    /** No slot is free. */
    static final long NONE = 0;

    private final long[] correlationIds;
    private final long[] deadlinesNs;
    private final int[] free;
    private final int slotBits;
    private int freeCount;
    private long sequence;

    /** @param windowMax greatest number of commands in flight; rounded up to a power of two. */
    InFlight(int windowMax) {
        slotBits = 32 - Integer.numberOfLeadingZeros(Math.max(1, windowMax - 1));
        final int size = 1 << slotBits;
        correlationIds = new long[size];
        deadlinesNs = new long[size];
        free = new int[size];
        for (int i = 0; i < size; i++) {
            free[i] = size - 1 - i;
        }
        freeCount = size;
    }

    int size() {
        return free.length - freeCount;
    }

    int capacity() {
        return free.length;
    }

    /** The id that the next {@link #add} will take, above 0, or {@link #NONE}. */
    long next() {
        return freeCount == 0 ? NONE : (sequence + 1) << slotBits | free[freeCount - 1];
    }

    /** Takes the id that {@link #next} named. */
    void add(long correlationId, long deadlineNs) {
        final int slot = slot(correlationId);
        freeCount--;
        sequence++;
        correlationIds[slot] = correlationId;
        deadlinesNs[slot] = deadlineNs;
    }

    /** Frees an id. False if it is not in flight: answered before, or given up. */
    boolean remove(long correlationId) {
        final int slot = slot(correlationId);
        if (correlationId == NONE || correlationIds[slot] != correlationId) {
            return false;
        }
        correlationIds[slot] = NONE;
        free[freeCount++] = slot;
        return true;
    }

    /** The id in a slot, or {@link #NONE}. */
    long at(int slot) {
        return correlationIds[slot];
    }

    boolean isExpired(int slot, long nowNs) {
        return correlationIds[slot] != NONE && nowNs - deadlinesNs[slot] > 0;
    }

    private int slot(long correlationId) {
        return (int) correlationId & free.length - 1;
    }
}
