package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.event.AttemptRefusedEncoder;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.protocol.event.ReturnReason;
import io.silo.shard.event.AttemptFailedApplier;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Internal commands of time: leases that ran out, jobs not started by their latest start or kept back by a rate limit for too long, and
 * the explicit close of a session. One per shard; does not allocate.
 */
public final class LeaseEnds {
    /** Error code of an attempt whose lease ran out (REAP-2). */
    private static final UnsafeBuffer WORKER_CRASHED = text("WORKER_CRASHED");

    /** Error code of the last attempt of a job whose leases expire again and again. */
    private static final UnsafeBuffer CRASH_LOOP = text("CRASH_LOOP");

    /** Error code of an attempt that reached the longest run of its job. */
    private static final UnsafeBuffer MAX_RUN_EXCEEDED = text("MAX_RUN_EXCEEDED");

    /** Error code of an attempt whose rate limit did not let it pass often enough. */
    private static final UnsafeBuffer RATE_LIMIT_EXCEEDED = text("RATE_LIMIT_EXCEEDED");

    /** Error code of an attempt whose rate limits nobody answered often enough. */
    private static final UnsafeBuffer RATE_LIMIT_UNAVAILABLE = text("RATE_LIMIT_UNAVAILABLE");

    /** Error code of a job that was not started in time. */
    private static final UnsafeBuffer START_DEADLINE_EXCEEDED = text("START_DEADLINE_EXCEEDED");

    /** MessagePack: a string whose length follows in two bytes. */
    private static final byte STR_16 = (byte) 0xDA;

    private static final int STR_16_BYTES = 3;

    /** Error data: three fixed parts, two numbers of 20 digits, a worker id. */
    private static final int ERROR_DATA_BYTES = STR_16_BYTES + 128 + Bounds.WORKER_ID_BYTES_MAX;

    /** Longest event of any kind here: fixed fields, error code, error data. */
    private static final int EVENT_BYTES = 192 + ERROR_DATA_BYTES;

    private final AttemptEnds ends;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final AttemptRefusedEncoder refused = new AttemptRefusedEncoder();
    private final UnsafeBuffer errorData = new UnsafeBuffer(new byte[ERROR_DATA_BYTES]);
    private final UnsafeBuffer worker = new UnsafeBuffer(0, 0);

    public LeaseEnds(AttemptEnds ends) {
        this.ends = ends;
    }

    /** Whether one more lease or job can end in this record. */
    public boolean hasRoom(CommandContext context) {
        return context.record().hasRoom(EVENT_BYTES);
    }

    /**
     * Ends a lease that ran out: as a failure; by cancelling, if that was asked for; or, if nobody claimed it since the shard was
     * opened, by returning it unspent.
     */
    public void expire(CommandContext context, int lease) {
        final LeaseView leases = context.view().leases();
        final int slot = leases.job(lease);
        final boolean overran = leases.deadlineMs(lease) == leases.runDeadlineMs(lease);
        final LeaseEnd end = overran ? LeaseEnd.OVERRAN : LeaseEnd.EXPIRED;
        // [SILO-REAP-UNCLAIMED]
        if (leases.session(lease) == 0) {
            ends.returned(context, slot, ReturnReason.UNCLAIMED_AFTER_RESTART, 0);
        } else if (leases.cancelRequestedAtMs(lease) != 0) {
            // [SILO-REAP-CXL]
            ends.cancelled(context, slot, end);
        } else {
            final UnsafeBuffer code = overran
                    ? MAX_RUN_EXCEEDED
                    : AttemptEnds.isCrashLoop(context, slot, end) ? CRASH_LOOP : WORKER_CRASHED;
            ends.result(errorData, 0, describe(context, lease), PayloadEncoding.MSGPACK.value(), null);
            // [SILO-REAP-3]
            ends.failed(context, slot, code, 0, code.capacity(), end);
        }
    }

    /** Returns a lease of a session that was closed. */
    public void returnLease(CommandContext context, int lease) {
        ends.returned(context, context.view().leases().job(lease), ReturnReason.SESSION_CLOSED, 0);
    }

    /** Fails a waiting job that was not started in time: an attempt that ends as it begins. No retry follows. */
    public void refuseLate(CommandContext context, int slot) {
        refuse(context, slot, START_DEADLINE_EXCEEDED, AttemptFailedApplier.NO_NEXT_START);
    }

    /**
     * Fails an attempt of a waiting job that a rate limit did not let pass; the retry policy says whether another follows.
     *
     * @param isUnavailable the limit's service gave no answer.
     */
    public void refuseExceeded(CommandContext context, int slot, boolean isUnavailable) {
        // RATE-4: the reference lets the job wait for ever.
        final UnsafeBuffer code = isUnavailable ? RATE_LIMIT_UNAVAILABLE : RATE_LIMIT_EXCEEDED;
        refuse(context, slot, code, AttemptEnds.nextStartMs(context, slot));
    }

    private void refuse(CommandContext context, int slot, UnsafeBuffer errorCode, long nextStartMs) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        refused.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .nextStartMs(nextStartMs)
                .attempt(jobs.attempt(slot))
                .putErrorCode(errorCode, 0, errorCode.capacity());
        record.commit(refused.limit());
    }

    /** Whether a waiting job's latest start has passed. */
    static boolean isLate(CommandContext context, int slot) {
        final JobView jobs = context.view().jobs();
        return jobs.isStartDeadlineInForce(slot) && jobs.startDeadlineMs(slot) < context.nowMs();
    }

    /** Error data of an expiry, a MessagePack string (REAP-2). Returns its length. */
    private int describe(CommandContext context, int lease) {
        final LeaseView leases = context.view().leases();
        // Deadlines count monotonic time; the text tells the wall's.
        final long expiredAtMs = context.nowMs() - (context.monotonicMs() - leases.deadlineMs(lease));
        int at = STR_16_BYTES;
        at += errorData.putStringWithoutLengthAscii(at, "lease expired at ");
        at += errorData.putLongAscii(at, expiredAtMs);
        at += errorData.putStringWithoutLengthAscii(at, " (now ");
        at += errorData.putLongAscii(at, context.nowMs());
        at += errorData.putStringWithoutLengthAscii(at, ", worker=");
        leases.wrapWorker(lease, worker);
        errorData.putBytes(at, worker, 0, worker.capacity());
        at += worker.capacity();
        at += errorData.putStringWithoutLengthAscii(at, ")");
        errorData.putByte(0, STR_16);
        errorData.putShort(1, (short) (at - STR_16_BYTES), ByteOrder.BIG_ENDIAN);
        return at;
    }

    private static UnsafeBuffer text(String code) {
        return new UnsafeBuffer(code.getBytes(StandardCharsets.US_ASCII));
    }
}
