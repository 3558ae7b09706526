package io.silo.shard.command;

import io.silo.protocol.event.BulkVerb;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import java.util.List;

/** The internal command that forgets ended jobs: by age for each status, and the oldest beyond a count. One per shard. */
public final class Retention {
    /**
     * How long ended jobs are kept. Immutable.
     *
     * @param succeededMs 0 = no bound by age; so for the next two.
     * @param jobsMax ended jobs of the shard beyond which the oldest goes.
     */
    public record Limits(long succeededMs, long failedMs, long cancelledMs, int jobsMax) {
        /** Everything is kept. */
        public static final Limits NONE = new Limits(0, 0, 0, Integer.MAX_VALUE);

        private long ageMs(JobState state) {
            return switch (state) {
                case SUCCEEDED -> succeededMs;
                case FAILED -> failedMs;
                case CANCELLED -> cancelledMs;
                case SCHEDULED, RUNNING -> 0;
            };
        }
    }

    /** Forgotten in one duty cycle at most: about as many as can end in one. */
    private static final int JOBS_PER_RECORD = 1_000;

    /** A JobDeleted event with its headers. */
    private static final int EVENT_BYTES = 64;

    private static final List<JobState> ENDED = List.of(JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED);

    private final JobChanges changes;
    private final Limits limits;

    public Retention(JobChanges changes, Limits limits) {
        this.changes = changes;
        this.limits = limits;
    }

    /** Whether a job is due to be forgotten. */
    public boolean isDue(ShardView view, long nowMs) {
        return next(view, nowMs) != RowSlab.NULL_SLOT;
    }

    /** Forgets what is due, as much as one record takes. Returns how many. */
    public int forget(CommandContext context) {
        int forgotten = 0;
        while (forgotten < JOBS_PER_RECORD && context.record().hasRoom(EVENT_BYTES)) {
            final int slot = next(context.view(), context.nowMs());
            if (slot == RowSlab.NULL_SLOT) {
                break;
            }
            changes.verb(BulkVerb.DELETE).apply(context, slot);
            forgotten++;
        }
        return forgotten;
    }

    private int next(ShardView view, long nowMs) {
        final boolean isOver = view.finishedCount() > limits.jobsMax();
        int first = RowSlab.NULL_SLOT;
        for (int i = 0; i < ENDED.size(); i++) {
            final int slot = view.oldestFinished(ENDED.get(i));
            if (slot == RowSlab.NULL_SLOT) {
                continue;
            }
            final long changedAtMs = view.jobs().changedAtMs(slot);
            final long ageMs = limits.ageMs(ENDED.get(i));
            if (ageMs > 0 && nowMs - changedAtMs >= ageMs) {
                return slot;
            }
            if (isOver
                    && (first == RowSlab.NULL_SLOT || changedAtMs < view.jobs().changedAtMs(first))) {
                first = slot;
            }
        }
        return first;
    }
}
