package io.silo.bench.load;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/** The load could not be run to its end. */
public final class LoadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable RejectReason reason;

    /**
     * @param reason what the server or the client said; null if the load itself gave up.
     */
    public LoadException(@Nullable RejectReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** What the server or the client said; null if the load itself gave up. */
    public @Nullable RejectReason reason() {
        return reason;
    }
}
