package io.silo.client;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Map;

/** One attempt at a job, leased to this worker. The flags change while it runs; everything else does not. Any thread. */
public final class Task {
    private static final int TOKEN_BITS = 64;

    private final TaskData data;
    private final Payload payload;
    private volatile boolean leaseLost;
    private volatile boolean cancelled;

    Task(TaskData data, Payload payload) {
        this.data = data;
        this.payload = payload;
    }

    /** Id of the job. */
    public String id() {
        return data.jobId();
    }

    /** Tenant of the job; {@code -} if it has none. */
    public String tenant() {
        return data.tenant();
    }

    /** Task group of the job. */
    public String taskGroup() {
        return data.taskGroup();
    }

    /** Number of the attempt, from 1; goes on rising over a restart of the job. */
    public int attempt() {
        return data.attempt();
    }

    /** Number of the attempt since the job was last restarted, from 1. */
    public int relativeAttempt() {
        return data.relativeAttempt();
    }

    /** Whether no retry is left after this one. */
    public boolean isLastAttempt() {
        return data.isLastAttempt();
    }

    /** 0 (first) to 99. */
    public int priority() {
        return data.priority();
    }

    /** When the job was accepted. */
    public Instant enqueuedAt() {
        return Instant.ofEpochMilli(data.enqueuedAtMs());
    }

    /** When the job was to start first. */
    public Instant startAt() {
        return Instant.ofEpochMilli(data.startAtMs());
    }

    /** Names and values given by the producer. */
    public Map<String, String> metadata() {
        return data.metadata();
    }

    /** What the producer gave; checked against its checksum. */
    public Payload payload() {
        return payload;
    }

    /**
     * A number that rises with each lease of the same job: write it beside what you write elsewhere, and let that refuse lower
     * ones, and a worker that lost its lease without knowing does no harm.
     */
    public BigInteger fence() {
        return new BigInteger(Long.toUnsignedString(data.tokenEpoch()))
                .shiftLeft(TOKEN_BITS)
                .or(new BigInteger(Long.toUnsignedString(data.token())));
    }

    /**
     * Whether the lease is gone: another worker may run the job now, and the result of this attempt will be refused. The handler's
     * thread was interrupted too.
     */
    public boolean isLeaseLost() {
        return leaseLost;
    }

    /** Whether the job is to be cancelled: return {@link TaskResult#cancelled} as soon as you can. */
    public boolean isCancelled() {
        return cancelled;
    }

    void loseLease() {
        leaseLost = true;
    }

    void cancel() {
        cancelled = true;
    }

    @Override
    public String toString() {
        return "Task[" + tenant() + "/" + id() + " attempt " + attempt() + "]";
    }
}
