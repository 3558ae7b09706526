package io.silo.log;

import org.jspecify.annotations.Nullable;

/** An operational failure of the log: a code with a page, one sentence, and whether the log is closed by it. */
public final class LogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final LogErrorCode code;
    private final boolean fatal;

    /**
     * @param fatal whether the log is unusable from now on: nothing more may be acknowledged and memory is to be rebuilt by replay.
     */
    public LogException(LogErrorCode code, boolean fatal, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.fatal = fatal;
    }

    /** A failure that leaves the log as it was. */
    public LogException(LogErrorCode code, String message) {
        this(code, false, message, null);
    }

    public LogErrorCode code() {
        return code;
    }

    /** Whether the log is closed by this failure. */
    public boolean isFatal() {
        return fatal;
    }
}
