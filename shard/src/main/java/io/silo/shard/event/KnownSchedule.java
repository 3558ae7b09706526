package io.silo.shard.event;

import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardState;
import org.jspecify.annotations.Nullable;

/** Finds the schedule that an event names. */
final class KnownSchedule {
    private KnownSchedule() {}

    /**
     * The schedule, or null where an unknown one is allowed (see {@link EventPlace#isLenient}).
     *
     * @throws InvariantViolation if it has to be there and is not.
     */
    static @Nullable Schedule find(ShardState state, EventPlace place, long key) {
        final Schedule schedule = state.schedules().findByKey(key);
        if (schedule == null && !place.isLenient()) {
            throw new InvariantViolation("position " + place.position() + " names the unknown schedule key " + key);
        }
        return schedule;
    }
}
