package io.silo.shard.state;

import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Of each tenant at most one task for which what becomes free of its limits is kept. A task with several limits could otherwise wait for
 * ever: whenever one of them has a slot, another has none. As a tenant has one reservation at a time, two such tasks cannot keep slots
 * from each other, in whatever order they name their limits.
 *
 * <p>A task that was passed over {@link #PASSES_MIN} times gets it, or takes it over from one that comes after it. Slots that are kept
 * are of no use to others, so it ends after a second; the next one of the same task comes after twice as many passes and lasts twice as
 * long, up to {@link #MS_MAX}: long enough in the end for any run but one that is renewed for days.
 *
 * <p>Volatile. Shard thread only; allocates when a reservation is made.
 */
final class LimitReservations {
    /** Passes before a task's first reservation. */
    private static final int PASSES_MIN = 16;

    private static final long MS_MIN = 1_000;

    /** Three days: three times the longest lease that nobody renews. */
    private static final long MS_MAX = 1L << 28;

    private static final int NULL = RowSlab.NULL_SLOT;

    /** One reservation. The time at which it ends is not known before the clock is read next. */
    private static final class Reservation {
        private final int slot;
        private final long lengthMs;
        private long endMs = Long.MAX_VALUE;
        private boolean isTimed;

        private Reservation(int slot, long lengthMs) {
            this.slot = slot;
            this.lengthMs = lengthMs;
        }
    }

    private final Int2ObjectHashMap<Reservation> byTenant = new Int2ObjectHashMap<>();

    /** The task of a tenant that has a reservation, or {@link RowSlab#NULL_SLOT}. */
    int holder(int tenant) {
        if (byTenant.isEmpty()) {
            return NULL;
        }
        final Reservation reservation = byTenant.get(tenant);
        return reservation == null ? NULL : reservation.slot;
    }

    boolean isHolder(int tenant, int slot) {
        return holder(tenant) == slot;
    }

    /**
     * A task was passed over once more.
     *
     * @param passes how often by now.
     * @return whether the reservation of its tenant is another one now.
     */
    boolean offer(int tenant, int slot, int passes, TaskOrder order) {
        // Powers of two from the first on.
        if (passes < PASSES_MIN || Integer.bitCount(passes) != 1) {
            return false;
        }
        final int holder = holder(tenant);
        if (holder == slot || holder != NULL && order.isBefore(holder, slot)) {
            return false;
        }
        byTenant.put(tenant, new Reservation(slot, Math.min(MS_MAX, MS_MIN * (passes / PASSES_MIN))));
        return true;
    }

    void end(int tenant) {
        byTenant.remove(tenant);
    }

    /** Takes a task whose reservation is over, or {@link RowSlab#NULL_SLOT}. */
    int pollExpired(long nowMs) {
        if (byTenant.isEmpty()) {
            return NULL;
        }
        @Nullable Reservation expired = null;
        final Int2ObjectHashMap<Reservation>.ValueIterator reservations =
                byTenant.values().iterator();
        while (expired == null && reservations.hasNext()) {
            final Reservation reservation = reservations.next();
            if (!reservation.isTimed) {
                reservation.isTimed = true;
                reservation.endMs = nowMs + reservation.lengthMs;
            } else if (reservation.endMs <= nowMs) {
                expired = reservation;
                reservations.remove();
            }
        }
        return expired == null ? NULL : expired.slot;
    }
}
