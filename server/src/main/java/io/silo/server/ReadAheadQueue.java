package io.silo.server;

import io.silo.shard.command.ColdReads;
import java.util.concurrent.atomic.AtomicLong;

/** Requests to read ahead, from the shard thread to one reading thread, numbered from 1. Bounded; allocates nothing. */
final class ReadAheadQueue {
    /** Takes one request. */
    @FunctionalInterface
    interface Handler {
        void onRequest(int shard, long position, int offset, int length);
    }

    private final int capacity;
    private final int[] shards;
    private final long[] positions;
    private final int[] offsets;
    private final int[] lengths;
    private final AtomicLong offered = new AtomicLong();
    private final AtomicLong done = new AtomicLong();

    ReadAheadQueue(int capacity) {
        this.capacity = capacity;
        this.shards = new int[capacity];
        this.positions = new long[capacity];
        this.offsets = new int[capacity];
        this.lengths = new int[capacity];
    }

    /** Shard thread. Returns the request's number, or {@link ColdReads#NOT_TAKEN} if so many are under way already. */
    long offer(int shard, long position, int offset, int length) {
        final long last = offered.getPlain();
        if (last - done.getAcquire() >= capacity) {
            return ColdReads.NOT_TAKEN;
        }
        final int at = (int) (last % capacity);
        shards[at] = shard;
        positions[at] = position;
        offsets[at] = offset;
        lengths[at] = length;
        offered.setRelease(last + 1);
        return last + 1;
    }

    /** Reading thread: hands the oldest request to the handler, and it is done. False if there is none. */
    boolean poll(Handler handler) {
        final long last = done.getPlain();
        if (last == offered.getAcquire()) {
            return false;
        }
        final int at = (int) (last % capacity);
        handler.onRequest(shards[at], positions[at], offsets[at], lengths[at]);
        done.setRelease(last + 1);
        return true;
    }

    /** Number of the last request that is done, 0 before the first. Any thread. */
    long done() {
        return done.getAcquire();
    }
}
