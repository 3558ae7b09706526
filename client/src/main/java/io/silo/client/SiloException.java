package io.silo.client;

import io.silo.protocol.RejectReason;

/** A call was refused, or its outcome is unknown. {@link #reason} says why, {@link #isTransient} whether to try again. */
public final class SiloException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final RejectReason reason;

    SiloException(RejectReason reason) {
        this(reason, reason.sentence());
    }

    SiloException(RejectReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    SiloException(RejectReason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Why. */
    public RejectReason reason() {
        return reason;
    }

    /**
     * Whether the same call may succeed later without a change. Calls of this client may always be repeated: a job keeps its
     * id and its request id in {@link JobRequest}, so a repeat of an enqueue that took effect is told so and makes no second job.
     */
    public boolean isTransient() {
        return reason.isTransient();
    }
}
