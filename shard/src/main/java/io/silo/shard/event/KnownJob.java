package io.silo.shard.event;

import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;

/** Finds the job that an event names. */
final class KnownJob {
    private KnownJob() {}

    /**
     * Slot of the job, or {@link RowSlab#NULL_SLOT} where an unknown one is allowed (see {@link EventPlace#isLenient}).
     *
     * @throws InvariantViolation if it has to be there and is not.
     */
    static int slot(ShardState state, EventPlace place, long jobKey) {
        final int slot = state.jobs().findByKey(jobKey);
        // [SILO-REPLAY-1]
        if (slot == RowSlab.NULL_SLOT && !place.isLenient()) {
            throw new InvariantViolation("position " + place.position() + " names the unknown job key " + jobKey);
        }
        return slot;
    }
}
