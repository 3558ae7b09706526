package io.silo.shard;

import io.silo.protocol.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Calls of one shard that wait for something that has a number: a job's end, an offer to a task group. Volatile. Shard thread only; allocates per call. */
final class KeyedWaiters {
    /** Calls that may wait on one shard: each keeps its command, about 400 bytes. */
    static final int WAITERS_MAX = 16_384;

    /** One call. */
    static final class Waiter {
        final Session session;
        final int key;
        final long deadlineMs;
        final long arrival;
        final UnsafeBuffer command;

        Waiter(Session session, int key, long deadlineMs, long arrival, UnsafeBuffer command) {
            this.session = session;
            this.key = key;
            this.deadlineMs = deadlineMs;
            this.arrival = arrival;
            this.command = command;
        }
    }

    private final Int2ObjectHashMap<List<Waiter>> byKey = new Int2ObjectHashMap<>();
    private final TreeSet<Waiter> byDeadline =
            new TreeSet<>(Comparator.<Waiter>comparingLong(w -> w.deadlineMs).thenComparingLong(w -> w.arrival));
    private long arrivals;

    boolean add(Session session, int key, long deadlineMs, DirectBuffer buffer, int offset, int length) {
        if (byDeadline.size() >= WAITERS_MAX) {
            return false;
        }
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        final Waiter waiter = new Waiter(session, key, deadlineMs, arrivals++, copy);
        byKey.computeIfAbsent(key, k -> new ArrayList<>(1)).add(waiter);
        byDeadline.add(waiter);
        return true;
    }

    boolean isEmpty() {
        return byDeadline.isEmpty();
    }

    /** Takes the calls that wait for this, in order of arrival. */
    List<Waiter> take(int key) {
        final List<Waiter> waiters = byKey.remove(key);
        if (waiters == null) {
            return List.of();
        }
        // One by one: removeAll would search the list for each member of the set when all wait for this.
        for (Waiter waiter : waiters) {
            byDeadline.remove(waiter);
        }
        return waiters;
    }

    /** The call that waits for this behind {@code earlier} others, in order of arrival, or null. */
    @Nullable
    Waiter find(int key, int earlier) {
        final List<Waiter> waiters = byKey.get(key);
        return waiters == null || earlier >= waiters.size() ? null : waiters.get(earlier);
    }

    /** Takes one call, if it still waits. */
    boolean take(Waiter waiter) {
        final boolean waits = byDeadline.contains(waiter);
        if (waits) {
            forget(waiter);
        }
        return waits;
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

    /** Takes the calls of a session that ended. */
    List<Waiter> onSessionClosed(Session session) {
        final List<Waiter> closed = new ArrayList<>();
        for (Waiter waiter : List.copyOf(byDeadline)) {
            if (waiter.session == session) {
                forget(waiter);
                closed.add(waiter);
            }
        }
        return closed;
    }

    private void forget(Waiter waiter) {
        byDeadline.remove(waiter);
        final List<Waiter> waiters = byKey.get(waiter.key);
        if (waiters != null) {
            waiters.remove(waiter);
            if (waiters.isEmpty()) {
                byKey.remove(waiter.key);
            }
        }
    }
}
