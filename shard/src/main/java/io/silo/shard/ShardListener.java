package io.silo.shard;

/** Told what operators need to know. Called on the shard thread; must not throw. */
public interface ShardListener {
    /** The shard failed and is closed; its state is not used again, its log stays as it is. Other shards of the thread go on. */
    void onShardFailed(int shard, Throwable cause);

    /** A command that passed the frame check could not be read; it was refused and nothing was decided. */
    void onMalformedCommand(int shard, RuntimeException cause);

    /** The wall clock stepped forward further than is followed, or back within bounds again. */
    void onClockStepHeld(boolean held);

    /**
     * More arrives than the thread can carry, so that it refuses new work; or that is over.
     *
     * @param refusals commands that were refused, if it is over.
     */
    void onOverload(boolean begins, long refusals);

    /** The thread did nothing for so long that clients may have given their connections up; leases begin anew. */
    void onStandstill(long ms);

    /** A duty cycle took so long that the leases granted or renewed in it are as much longer. */
    default void onGrantsHeld(long ms) {}
}
