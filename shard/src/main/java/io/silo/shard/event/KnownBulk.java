package io.silo.shard.event;

import io.silo.shard.state.BulkChange;
import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.ShardState;
import org.jspecify.annotations.Nullable;

/** Finds the bulk change that an event names. */
final class KnownBulk {
    private KnownBulk() {}

    /**
     * The bulk change, or null where an unknown one is allowed (see {@link EventPlace#isLenient}).
     *
     * @throws InvariantViolation if it has to be there and is not.
     */
    static @Nullable BulkChange find(ShardState state, EventPlace place, long key) {
        final BulkChange bulk = state.bulks().find(key);
        if (bulk == null && !place.isLenient()) {
            throw new InvariantViolation("position " + place.position() + " names the unknown bulk key " + key);
        }
        return bulk;
    }
}
