package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.shard.carry.LogCleaner;
import io.silo.shard.state.JobState;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardState;
import java.util.List;

/** What a shard shows of how it stands. Shard thread only; does not allocate. */
final class ShardGauges {
    private static final List<JobState> STATES = List.of(JobState.values());
    private static final List<Figure> JOBS = List.of(
            Figure.JOBS_SCHEDULED,
            Figure.JOBS_RUNNING,
            Figure.JOBS_SUCCEEDED,
            Figure.JOBS_FAILED,
            Figure.JOBS_CANCELLED);

    private final ShardCounters counters;
    private final ShardState state;
    private final EventLog log;
    private final ShardReplies replies;
    private final LogCleaner cleaner;

    ShardGauges(ShardCounters counters, ShardState state, EventLog log, ShardReplies replies, LogCleaner cleaner) {
        this.counters = counters;
        this.state = state;
        this.log = log;
        this.replies = replies;
        this.cleaner = cleaner;
    }

    void publish() {
        for (int i = 0; i < JOBS.size(); i++) {
            counters.set(JOBS.get(i), state.jobCount(STATES.get(i)));
        }
        counters.set(Figure.LEASES, state.leases().count());
        counters.set(Figure.MEMORY_BYTES, state.bytes());
        counters.set(Figure.PARKED_REPLIES, replies.parkedCount());
        counters.set(Figure.DURABLE_POSITION, log.durablePosition());
        counters.set(Figure.APPENDED_POSITION, log.appendedPosition());
        counters.set(Figure.SHARD_EPOCH, log.shardEpoch());
        counters.set(Figure.LOG_BYTES, log.retainedBytes());
        counters.set(Figure.LOG_LIVE_BYTES, cleaner.liveBytes());
        counters.set(Figure.LOG_CYCLES, log.cycleCount());
    }
}
