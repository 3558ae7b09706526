package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.protocol.event.AttemptCancelledEncoder;
import io.silo.protocol.event.AttemptFailedEncoder;
import io.silo.protocol.event.AttemptSucceededEncoder;
import io.silo.protocol.event.JobStatus;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.LeaseReturnedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.protocol.event.ReturnReason;
import io.silo.shard.event.AttemptFailedApplier;
import io.silo.shard.event.LeaseReturnedApplier;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RetryPolicies;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events that end a lease. Shared by the deciders of outcomes, expiry and return, so that each end looks the same
 * whatever brought it about. One per shard; does not allocate.
 */
public final class AttemptEnds {
    private static final UnsafeBuffer EMPTY = new UnsafeBuffer(new byte[0]);

    private final ShardCounters counters;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final AttemptSucceededEncoder succeeded = new AttemptSucceededEncoder();
    private final AttemptFailedEncoder failed = new AttemptFailedEncoder();
    private final AttemptCancelledEncoder cancelled = new AttemptCancelledEncoder();
    private final LeaseReturnedEncoder returned = new LeaseReturnedEncoder();

    private DirectBuffer result = EMPTY;
    private int resultOffset;
    private int resultLength;
    private short resultEncoding;
    private Uploads.@Nullable Upload upload;

    public AttemptEnds(ShardCounters counters) {
        this.counters = counters;
    }

    /** Sets the result or error data of the next end. */
    void result(DirectBuffer buffer, int offset, int length, short encoding, Uploads.@Nullable Upload uploaded) {
        result = buffer;
        resultOffset = offset;
        resultLength = length;
        resultEncoding = encoding;
        upload = uploaded;
    }

    void succeeded(CommandContext context, int slot) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        succeeded
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startedAtMs(context.view().leases().startedAtMs(jobs.lease(slot)))
                .chunkPosition(upload == null ? EventLog.NULL_POSITION : upload.lastPosition)
                .chunkFirstPosition(upload == null ? EventLog.NULL_POSITION : upload.firstPosition)
                .attempt(jobs.attempt(slot))
                .resultBytes(upload == null ? resultLength : upload.totalBytes)
                .resultEncoding(PayloadEncoding.get(resultEncoding))
                .putResult(result, resultOffset, resultLength);
        final int crc = upload == null ? record.crc32c(succeeded.limit() - resultLength, resultLength) : upload.crc();
        succeeded.resultCrc(Integer.toUnsignedLong(crc));
        record.commit(succeeded.limit());
    }

    /**
     * Failure by report or because the lease ran out; the retry policy says whether another attempt follows, jitter is drawn here.
     * None follows in a job that is to be cancelled, nor in one whose leases expired {@code crashLoopMax} times in a row.
     */
    void failed(CommandContext context, int slot, DirectBuffer error, int errorOffset, int errorLength, LeaseEnd end) {
        final RecordBuffer record = context.record();
        final ShardView view = context.view();
        final JobView jobs = view.jobs();
        final boolean cancel = view.leases().cancelRequestedAtMs(jobs.lease(slot)) != 0;
        final long nextStartMs = cancel || isCrashLoop(context, slot, end)
                ? AttemptFailedApplier.NO_NEXT_START
                : nextStartMs(context, slot);
        final boolean retried = nextStartMs != AttemptFailedApplier.NO_NEXT_START;
        // [SILO-RETRY-4]
        failed.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startedAtMs(view.leases().startedAtMs(jobs.lease(slot)))
                .nextStartMs(nextStartMs)
                .chunkPosition(upload == null ? EventLog.NULL_POSITION : upload.lastPosition)
                .chunkFirstPosition(upload == null ? EventLog.NULL_POSITION : upload.firstPosition)
                .attempt(jobs.attempt(slot))
                .resultBytes(upload == null ? resultLength : upload.totalBytes)
                .resultEncoding(PayloadEncoding.get(resultEncoding))
                .leaseEnd(end)
                // [SILO-FAIL-CXL]
                .status(retried ? JobStatus.SCHEDULED : cancel ? JobStatus.CANCELLED : JobStatus.FAILED)
                .putErrorCode(error, errorOffset, errorLength)
                .putResult(result, resultOffset, resultLength);
        final int crc = upload == null ? record.crc32c(failed.limit() - resultLength, resultLength) : upload.crc();
        failed.resultCrc(Integer.toUnsignedLong(crc));
        record.commit(failed.limit());
        if (retried) {
            counters.add(Figure.ATTEMPTS_RETRIED, 1);
        }
    }

    /** Whether this end of a lease is the one too many that expired. */
    static boolean isCrashLoop(CommandContext context, int slot, LeaseEnd end) {
        // [SILO-REAP-LOOP]
        return end == LeaseEnd.EXPIRED
                && context.view().jobs().crashes(slot) + 1 >= context.settings().crashLoopMax();
    }

    void cancelled(CommandContext context, int slot, LeaseEnd end) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        cancelled
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startedAtMs(context.view().leases().startedAtMs(jobs.lease(slot)))
                .attempt(jobs.attempt(slot))
                .leaseEnd(end);
        record.commit(cancelled.limit());
    }

    /**
     * The attempt is not spent, unless the job is to be cancelled: then there is nobody left to wait for.
     *
     * @param snoozeMs the task is ready again after so long; 0 = at once, in its old place.
     */
    void returned(CommandContext context, int slot, ReturnReason reason, long snoozeMs) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        if (context.view().leases().cancelRequestedAtMs(jobs.lease(slot)) != 0) {
            cancelled(context, slot, LeaseEnd.RETURNED);
            return;
        }
        returned.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .nextStartMs(snoozeMs == 0 ? LeaseReturnedApplier.KEEPS_START : context.nowMs() + snoozeMs)
                .attempt(jobs.attempt(slot))
                .reason(reason);
        record.commit(returned.limit());
    }

    /** When the next attempt starts after this one failed, or {@link AttemptFailedApplier#NO_NEXT_START}. */
    static long nextStartMs(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        final RetryPolicies policies = context.view().retryPolicies();
        final int policy = jobs.retryPolicy(slot);
        final int failedAttempt = jobs.relativeAttempt(slot);
        if (failedAttempt > policies.retryCount(policy)) {
            // [SILO-FAIL-3]
            return AttemptFailedApplier.NO_NEXT_START;
        }
        long delayMs = policies.delayMs(policy, failedAttempt);
        if (policies.jitter(policy)) {
            // Jitter only lengthens, by at most the delay itself (RETRY-3), and stays under the cap.
            delayMs =
                    Math.min(policies.capMs(policy), delayMs + context.random().nextUpTo(delayMs));
        }
        // [SILO-RETRY-3]
        return context.nowMs() + delayMs;
    }
}
