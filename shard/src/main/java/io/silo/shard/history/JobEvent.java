package io.silo.shard.history;

import io.silo.protocol.reply.EventKind;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.LeaseEndCause;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a job, as a record of the log tells it. Whose job it is only its first event says, so that is added later. Not for two
 * threads at once.
 */
public final class JobEvent {
    /** Names of no length. */
    static final byte[] NONE = new byte[0];

    /**
     * Whose job it is.
     *
     * @param tenant UTF-8, as the others.
     * @param priority 0 to 99.
     */
    public record Identity(byte[] tenant, byte[] taskGroup, byte[] jobId, int priority) {}

    private final long position;
    private final int index;
    private final long timeMs;
    private final long jobKey;
    private final EventKind kind;
    private final JobStatus status;
    LeaseEndCause cause = LeaseEndCause.NONE;
    int attempt;
    long startedAtMs;
    long nextStartMs;
    byte[] workerId = NONE;
    byte[] errorCode = NONE;

    /** Record with the job's event before; negative = none. */
    long previousPosition = -1;

    private @Nullable Identity identity;

    JobEvent(long position, int index, long timeMs, long jobKey, EventKind kind, JobStatus status) {
        this.position = position;
        this.index = index;
        this.timeMs = timeMs;
        this.jobKey = jobKey;
        this.kind = kind;
        this.status = status;
    }

    /** Of its record. */
    public long position() {
        return position;
    }

    /** Of the event in its record, from 0. */
    public int index() {
        return index;
    }

    /** Of its record. */
    public long timeMs() {
        return timeMs;
    }

    public long jobKey() {
        return jobKey;
    }

    public EventKind kind() {
        return kind;
    }

    /** Of the job, behind the event; of a deleted one it means nothing. */
    public JobStatus status() {
        return status;
    }

    public LeaseEndCause cause() {
        return cause;
    }

    /** 0 = the event names none. */
    public int attempt() {
        return attempt;
    }

    /** Of the attempt that ended; 0 = none did. */
    public long startedAtMs() {
        return startedAtMs;
    }

    /** Of the attempt that is pending now, where the event sets it; 0 = it does not. */
    public long nextStartMs() {
        return nextStartMs;
    }

    /** UTF-8; empty = the event names none. */
    public byte[] workerId() {
        return workerId;
    }

    /** UTF-8; empty = the event names none. */
    public byte[] errorCode() {
        return errorCode;
    }

    /** Null = it is not known, yet or any more. */
    public @Nullable Identity identity() {
        return identity;
    }

    public void identity(@Nullable Identity known) {
        identity = known;
    }
}
