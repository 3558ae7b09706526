package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;

/**
 * The record of a shard's log that a reply speaks of.
 *
 * @param shard number of the shard.
 * @param epoch shard epoch of the reply.
 * @param position log position, -1 where the reply speaks of none.
 */
public record LogPlace(int shard, long epoch, long position) {
    /** A reply that speaks of no record. */
    public static final LogPlace NONE = new LogPlace(-1, 0, -1);

    /** Whether a lease of the same shard was granted after the record. */
    boolean isBefore(Lease lease) {
        if (position < 0) {
            return false;
        }
        final int epochs = Long.compareUnsigned(lease.epoch(), epoch);
        return epochs > 0 || epochs == 0 && LeaseToken.position(lease.token()) > position;
    }
}
