package io.silo.simulation.canary;

import io.silo.shard.state.RateView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;

/**
 * At a restart the time by which buckets of rate limits fill leaps an hour ahead. Each event by itself is right, as it says when it
 * happened by that clock: only who counts starts by another one notices.
 */
final class LeapingTime {
    private static final long LEAP_MS = 3_600_000;

    private LeapingTime() {}

    static void leap(ShardState state) {
        RateView rates = state.rates();
        long latestMs = 0;
        for (int row = 0; row < rates.slotLimit(); row++) {
            int limit = rates.limitSetUntil(row, Long.MAX_VALUE);
            if (limit != RowSlab.NULL_SLOT) {
                latestMs = Math.max(latestMs, rates.image(limit).startMs());
            }
        }
        state.rateWork().time(latestMs + LEAP_MS, 0);
    }
}
