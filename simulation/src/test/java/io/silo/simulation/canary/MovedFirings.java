package io.silo.simulation.canary;

import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardState;
import java.util.ArrayList;
import java.util.List;

/** At a restart schedules stand elsewhere than they did. */
final class MovedFirings {
    /** Firings of so long are made again. */
    private static final long AGAIN_MS = 10_000;

    private MovedFirings() {}

    /** The next firing of each is lost. */
    static void lose(ShardState state) {
        for (Schedule schedule : waiting(state)) {
            state.planChanges()
                    .scheduleFired(
                            schedule, schedule.lastFireMs(), schedule.times().nextAfter(schedule.nextFireMs()));
        }
    }

    /** The last firings of each are forgotten: their times come again. */
    static void repeat(ShardState state) {
        for (Schedule schedule : waiting(state)) {
            if (schedule.lastFireMs() != 0) {
                long nextMs = schedule.times().nextAfter(schedule.lastFireMs() - AGAIN_MS);
                state.planChanges().scheduleFired(schedule, schedule.lastFireMs(), nextMs);
            }
        }
    }

    private static List<Schedule> waiting(ShardState state) {
        List<Schedule> all = new ArrayList<>();
        state.schedules().forEachAfter("", "", schedule -> {
            if (!schedule.isPaused()) {
                all.add(schedule);
            }
            return true;
        });
        return all;
    }
}
