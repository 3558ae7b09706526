package io.silo.shard;

import io.silo.protocol.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/** GetJobResult calls of one shard that wait for a job's end. Volatile. Shard thread only; allocates per call. */
final class ResultWaiters {
    /** Calls that may wait on one shard: each keeps its command, about 400 bytes. */
    static final int WAITERS_MAX = 16_384;

    /** One call. */
    static final class Waiter {
        final Session session;
        final int slot;
        final long deadlineMs;
        final long arrival;
        final UnsafeBuffer command;

        Waiter(Session session, int slot, long deadlineMs, long arrival, UnsafeBuffer command) {
            this.session = session;
            this.slot = slot;
            this.deadlineMs = deadlineMs;
            this.arrival = arrival;
            this.command = command;
        }
    }

    private final Int2ObjectHashMap<List<Waiter>> bySlot = new Int2ObjectHashMap<>();
    private final TreeSet<Waiter> byDeadline =
            new TreeSet<>(Comparator.<Waiter>comparingLong(w -> w.deadlineMs).thenComparingLong(w -> w.arrival));
    private long arrivals;

    boolean add(Session session, int slot, long deadlineMs, DirectBuffer buffer, int offset, int length) {
        if (byDeadline.size() >= WAITERS_MAX) {
            return false;
        }
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        final Waiter waiter = new Waiter(session, slot, deadlineMs, arrivals++, copy);
        bySlot.computeIfAbsent(slot, s -> new ArrayList<>(1)).add(waiter);
        byDeadline.add(waiter);
        return true;
    }

    boolean isEmpty() {
        return byDeadline.isEmpty();
    }

    /** Takes the calls that wait for this job, in order of arrival. */
    List<Waiter> take(int slot) {
        final List<Waiter> waiters = bySlot.remove(slot);
        if (waiters == null) {
            return List.of();
        }
        // One by one: removeAll would search the list for each member of the set when all wait for this job.
        for (Waiter waiter : waiters) {
            byDeadline.remove(waiter);
        }
        return waiters;
    }

    /** Takes the calls whose time is over, earliest first. */
    List<Waiter> takeExpired(long nowMs) {
        if (byDeadline.isEmpty() || byDeadline.first().deadlineMs > nowMs) {
            return List.of();
        }
        final List<Waiter> expired = new ArrayList<>();
        while (!byDeadline.isEmpty() && byDeadline.first().deadlineMs <= nowMs) {
            final Waiter waiter = byDeadline.first();
            forget(waiter);
            expired.add(waiter);
        }
        return expired;
    }

    void onSessionClosed(Session session) {
        for (Waiter waiter : List.copyOf(byDeadline)) {
            if (waiter.session == session) {
                forget(waiter);
            }
        }
    }

    private void forget(Waiter waiter) {
        byDeadline.remove(waiter);
        final List<Waiter> waiters = bySlot.get(waiter.slot);
        if (waiters != null) {
            waiters.remove(waiter);
            if (waiters.isEmpty()) {
                bySlot.remove(waiter.slot);
            }
        }
    }
}
