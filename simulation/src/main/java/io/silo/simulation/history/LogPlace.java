package io.silo.simulation.history;

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
}
