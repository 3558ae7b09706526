package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.protocol.event.AttemptCancelledEncoder;
import io.silo.protocol.event.AttemptFailedEncoder;
import io.silo.protocol.event.AttemptSucceededEncoder;
import io.silo.protocol.event.LeaseReturnedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.protocol.event.ReturnReason;
import io.silo.shard.event.AttemptFailedApplier;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RetryPolicies;
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

    /** Failure by report or by expiry; the retry policy says whether another attempt follows, jitter is drawn here. */
    void failed(
            CommandContext context, int slot, DirectBuffer error, int errorOffset, int errorLength, boolean expired) {
        final RecordBuffer record = context.record();
        final ShardView view = context.view();
        final JobView jobs = view.jobs();
        // [SILO-RETRY-4]
        failed.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startedAtMs(view.leases().startedAtMs(jobs.lease(slot)))
                .nextStartMs(nextStartMs(context, slot))
                .chunkPosition(upload == null ? EventLog.NULL_POSITION : upload.lastPosition)
                .chunkFirstPosition(upload == null ? EventLog.NULL_POSITION : upload.firstPosition)
                .attempt(jobs.attempt(slot))
                .resultBytes(upload == null ? resultLength : upload.totalBytes)
                .resultEncoding(PayloadEncoding.get(resultEncoding))
                .expired((short) (expired ? 1 : 0))
                .putErrorCode(error, errorOffset, errorLength)
                .putResult(result, resultOffset, resultLength);
        final int crc = upload == null ? record.crc32c(failed.limit() - resultLength, resultLength) : upload.crc();
        failed.resultCrc(Integer.toUnsignedLong(crc));
        record.commit(failed.limit());
    }

    void cancelled(CommandContext context, int slot) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        cancelled
                .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .startedAtMs(context.view().leases().startedAtMs(jobs.lease(slot)))
                .attempt(jobs.attempt(slot));
        record.commit(cancelled.limit());
    }

    void returned(CommandContext context, int slot, ReturnReason reason) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        returned.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .attempt(jobs.attempt(slot))
                .reason(reason);
        record.commit(returned.limit());
    }

    private static long nextStartMs(CommandContext context, int slot) {
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
