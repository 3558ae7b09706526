package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.event.CancelRequestedEncoder;
import io.silo.protocol.event.JobCancelledEncoder;
import io.silo.protocol.event.JobDeletedEncoder;
import io.silo.protocol.event.JobExpeditedEncoder;
import io.silo.protocol.event.JobRestartedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.jspecify.annotations.Nullable;

/**
 * What operators and producers do to one job: cancel, restart, expedite, delete. Each writes its event, or answers why not and
 * writes nothing. One per shard; does not allocate.
 */
public final class JobChanges {
    /** One of the changes. */
    @FunctionalInterface
    interface Change {
        /** Null if the change was made. */
        @Nullable
        RejectReason apply(CommandContext context, int slot);
    }

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final JobCancelledEncoder cancelled = new JobCancelledEncoder();
    private final CancelRequestedEncoder cancelRequested = new CancelRequestedEncoder();
    private final JobRestartedEncoder restarted = new JobRestartedEncoder();
    private final JobExpeditedEncoder expedited = new JobExpeditedEncoder();
    private final JobDeletedEncoder deleted = new JobDeletedEncoder();

    /** A waiting job is CANCELLED at once; of a running one it is asked, and its worker told by heartbeat. */
    @Nullable
    RejectReason cancel(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        final RecordBuffer record = context.record();
        final JobState state = jobs.state(slot);
        // [SILO-CXL-1]
        if (state == JobState.CANCELLED || isCancelRequested(context, slot)) {
            return RejectReason.JOB_ALREADY_CANCELLED;
        }
        if (state.isTerminal()) {
            return RejectReason.JOB_TERMINAL;
        }
        if (state == JobState.RUNNING) {
            // [SILO-CXL-2]
            cancelRequested
                    .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .jobKey(jobs.jobKey(slot))
                    .previousPosition(jobs.lastPosition(slot));
            record.commit(cancelRequested.limit());
        } else {
            // [SILO-CXL-3]
            cancelled
                    .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .jobKey(jobs.jobKey(slot))
                    .previousPosition(jobs.lastPosition(slot));
            record.commit(cancelled.limit());
        }
        return null;
    }

    /** A failed or cancelled job is SCHEDULED with all its retries; one cancelled before its first run keeps a future start. */
    @Nullable
    RejectReason restart(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        final RecordBuffer record = context.record();
        final JobState state = jobs.state(slot);
        if (state == JobState.SUCCEEDED) {
            // [SILO-RESTART-1]
            return RejectReason.JOB_SUCCEEDED;
        }
        if (!state.isTerminal()) {
            // [SILO-RESTART-2] [SILO-RESTART-3]
            return RejectReason.JOB_IN_PROGRESS;
        }
        // [SILO-UNIQUE-2]
        if (jobs.findOtherHolder(slot) != RowSlab.NULL_SLOT) {
            return RejectReason.UNIQUE_KEY_HELD;
        }
        final boolean neverRan = jobs.isCancelledPending(slot) && jobs.attempt(slot) == 1;
        restarted
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startMs(neverRan ? Math.max(jobs.startMs(slot), context.nowMs()) : context.nowMs())
                // [SILO-RESTART-5]
                .attempt(jobs.isCancelledPending(slot) ? jobs.attempt(slot) : jobs.attempt(slot) + 1L);
        record.commit(restarted.limit());
        return null;
    }

    /** A job that waits for its start time or its retry is ready now, under the same attempt number. */
    @Nullable
    RejectReason expedite(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        final RecordBuffer record = context.record();
        final JobState state = jobs.state(slot);
        if (state == JobState.SUCCEEDED || state == JobState.FAILED) {
            return RejectReason.JOB_TERMINAL;
        }
        // [SILO-EXP-3]
        if (state == JobState.CANCELLED || isCancelRequested(context, slot)) {
            return RejectReason.JOB_ALREADY_CANCELLED;
        }
        // [SILO-EXP-5]
        if (state == JobState.RUNNING) {
            return RejectReason.JOB_RUNNING;
        }
        // [SILO-EXP-4]
        if (jobs.startMs(slot) <= context.nowMs()) {
            return RejectReason.JOB_ALREADY_READY;
        }
        expedited
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startMs(context.nowMs());
        record.commit(expedited.limit());
        return null;
    }

    /** An ended job goes, with its attempts. Its request id is remembered for a while. */
    @Nullable
    RejectReason delete(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        final RecordBuffer record = context.record();
        // [SILO-DEL-1]
        if (!jobs.state(slot).isTerminal()) {
            return RejectReason.JOB_IN_PROGRESS;
        }
        deleted.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .requestIdHigh(jobs.requestIdHigh(slot))
                .requestIdLow(jobs.requestIdLow(slot))
                .jobIdHash(context.view().jobIdHash(slot));
        record.commit(deleted.limit());
        return null;
    }

    private static boolean isCancelRequested(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        return jobs.state(slot) == JobState.RUNNING
                && context.view().leases().cancelRequestedAtMs(jobs.lease(slot)) != 0;
    }
}
