package io.silo.client;

import io.silo.protocol.RejectReason;
import java.time.Duration;

/** A call was refused, or its outcome is unknown. {@link #reason} says why, {@link #isTransient} whether to try again. */
public final class SiloException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final RejectReason reason;
    private final long retryAfterMs;

    SiloException(RejectReason reason) {
        this(reason, reason.sentence());
    }

    SiloException(RejectReason reason, String message) {
        super(message);
        this.reason = reason;
        this.retryAfterMs = 0;
    }

    SiloException(RejectReason reason, long retryAfterMs) {
        super(reason.sentence());
        this.reason = reason;
        this.retryAfterMs = retryAfterMs;
    }

    SiloException(RejectReason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.retryAfterMs = cause instanceof SiloException refused ? refused.retryAfterMs : 0;
    }

    /** Why. */
    public RejectReason reason() {
        return reason;
    }

    /** With {@code BUSY} of a server that more arrives at than it can carry: when it has room for the call; otherwise zero. */
    public Duration retryAfter() {
        return Duration.ofMillis(retryAfterMs);
    }

    /**
     * Whether the same call may succeed later without a change. Calls of this client may always be repeated: a job keeps its
     * id and its request id in {@link JobRequest}, so a repeat of an enqueue that took effect is told so and makes no second job.
     */
    public boolean isTransient() {
        return reason.isTransient();
    }
}
