package io.silo.shard.history;

import io.silo.log.EventLog;

/**
 * One attempt of a job. Bytes are copies.
 *
 * @param finishedAtMs 0 while it runs.
 * @param outcome wire number of an Outcome, or {@link #RUNNING}.
 * @param resultBytes length of the whole result or error data.
 * @param tokenEpoch with {@code token}, of its lease; 0, 0 = it had none.
 * @param chunkPosition record of the last chunk, or {@link EventLog#NULL_POSITION} if {@code result} holds all of it.
 */
public record AttemptRecord(
        int attempt,
        long startedAtMs,
        long finishedAtMs,
        int outcome,
        int resultEncoding,
        int resultBytes,
        int resultCrc,
        long chunkPosition,
        long tokenEpoch,
        long token,
        byte[] workerId,
        byte[] errorCode,
        byte[] result) {
    /** Outcome of an attempt that has not ended. */
    public static final int RUNNING = 255;

    static final byte[] NONE = new byte[0];

    static AttemptRecord running(int attempt, long startedAtMs, long tokenEpoch, long token, byte[] workerId) {
        return new AttemptRecord(
                attempt,
                startedAtMs,
                0,
                RUNNING,
                0,
                0,
                0,
                EventLog.NULL_POSITION,
                tokenEpoch,
                token,
                workerId,
                NONE,
                NONE);
    }

    AttemptRecord withLease(long leaseEpoch, long leaseToken, byte[] worker) {
        return new AttemptRecord(
                attempt,
                startedAtMs,
                finishedAtMs,
                outcome,
                resultEncoding,
                resultBytes,
                resultCrc,
                chunkPosition,
                leaseEpoch,
                leaseToken,
                worker,
                errorCode,
                result);
    }
}
