package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.event.BulkVerb;
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
    interface Verb {
        /** Why the change cannot be made now, or null. Writes nothing. */
        @Nullable
        RejectReason refusal(CommandContext context, int slot);

        /** Writes the event of a change that is not refused. */
        void write(CommandContext context, int slot);

        /** Null if the change was made. */
        default @Nullable RejectReason apply(CommandContext context, int slot) {
            final RejectReason refusal = refusal(context, slot);
            if (refusal == null) {
                write(context, slot);
            }
            return refusal;
        }
    }

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final Verb cancel = new Cancel();
    private final Verb restart = new Restart();
    private final Verb expedite = new Expedite();
    private final Verb delete = new Delete();

    /** What a bulk change does to each job. */
    Verb verb(BulkVerb verb) {
        return switch (verb) {
            case CANCEL -> cancel;
            case RESTART -> restart;
            case EXPEDITE -> expedite;
            case DELETE -> delete;
            case NULL_VAL -> throw new IllegalArgumentException("no verb");
        };
    }

    /** A waiting job is CANCELLED at once; of a running one it is asked, and its worker told by heartbeat. */
    private final class Cancel implements Verb {
        private final JobCancelledEncoder cancelled = new JobCancelledEncoder();
        private final CancelRequestedEncoder cancelRequested = new CancelRequestedEncoder();

        @Override
        public @Nullable RejectReason refusal(CommandContext context, int slot) {
            final JobState state = context.view().jobs().state(slot);
            // [SILO-CXL-1]
            if (state == JobState.CANCELLED || isCancelRequested(context, slot)) {
                return RejectReason.JOB_ALREADY_CANCELLED;
            }
            return state.isTerminal() ? RejectReason.JOB_TERMINAL : null;
        }

        @Override
        public void write(CommandContext context, int slot) {
            final JobView jobs = context.view().jobs();
            final RecordBuffer record = context.record();
            if (jobs.state(slot) == JobState.RUNNING) {
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
        }
    }

    /** A failed or cancelled job is SCHEDULED with all its retries; one cancelled before its first run keeps a future start. */
    private final class Restart implements Verb {
        private final JobRestartedEncoder restarted = new JobRestartedEncoder();

        @Override
        public @Nullable RejectReason refusal(CommandContext context, int slot) {
            final JobView jobs = context.view().jobs();
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
            return jobs.findOtherHolder(slot) == RowSlab.NULL_SLOT
                    ? TenantQuotas.refusal(context, jobs.tenant(slot), jobs.storedBytes(slot))
                    : RejectReason.UNIQUE_KEY_HELD;
        }

        @Override
        public void write(CommandContext context, int slot) {
            final JobView jobs = context.view().jobs();
            final RecordBuffer record = context.record();
            final boolean neverRan = jobs.isCancelledPending(slot) && jobs.attempt(slot) == 1;
            restarted
                    .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .jobKey(jobs.jobKey(slot))
                    .previousPosition(jobs.lastPosition(slot))
                    .startMs(neverRan ? Math.max(jobs.startMs(slot), context.nowMs()) : context.nowMs())
                    // [SILO-RESTART-5]
                    .attempt(jobs.isCancelledPending(slot) ? jobs.attempt(slot) : jobs.attempt(slot) + 1L);
            record.commit(restarted.limit());
        }
    }

    /** A job that waits for its start time or its retry is ready now, under the same attempt number. */
    private final class Expedite implements Verb {
        private final JobExpeditedEncoder expedited = new JobExpeditedEncoder();

        @Override
        public @Nullable RejectReason refusal(CommandContext context, int slot) {
            final JobView jobs = context.view().jobs();
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
            return jobs.startMs(slot) <= context.nowMs() ? RejectReason.JOB_ALREADY_READY : null;
        }

        @Override
        public void write(CommandContext context, int slot) {
            final JobView jobs = context.view().jobs();
            final RecordBuffer record = context.record();
            expedited
                    .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .jobKey(jobs.jobKey(slot))
                    .previousPosition(jobs.lastPosition(slot))
                    .startMs(context.nowMs());
            record.commit(expedited.limit());
        }
    }

    /** An ended job goes, with its attempts. Its request id is remembered for a while. */
    private final class Delete implements Verb {
        private final JobDeletedEncoder deleted = new JobDeletedEncoder();

        @Override
        public @Nullable RejectReason refusal(CommandContext context, int slot) {
            // [SILO-DEL-1]
            return context.view().jobs().state(slot).isTerminal() ? null : RejectReason.JOB_IN_PROGRESS;
        }

        @Override
        public void write(CommandContext context, int slot) {
            final JobView jobs = context.view().jobs();
            final RecordBuffer record = context.record();
            deleted.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .jobKey(jobs.jobKey(slot))
                    .previousPosition(jobs.lastPosition(slot))
                    .requestIdHigh(jobs.requestIdHigh(slot))
                    .requestIdLow(jobs.requestIdLow(slot))
                    .jobIdHash(context.view().jobIdHash(slot));
            record.commit(deleted.limit());
        }
    }

    private static boolean isCancelRequested(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        return jobs.state(slot) == JobState.RUNNING
                && context.view().leases().cancelRequestedAtMs(jobs.lease(slot)) != 0;
    }
}
