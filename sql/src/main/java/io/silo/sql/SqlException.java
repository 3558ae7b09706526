package io.silo.sql;

import org.jspecify.annotations.Nullable;

/** A statement that was not answered, and why. */
public final class SqlException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final int CAUSES_MAX = 20;

    /** What went wrong. */
    public enum Kind {
        /** The statement is none, or names what is not there. */
        INVALID,
        /** It took longer than it may. */
        TIMEOUT,
        /** It holds or yields more than it may. */
        TOO_LARGE,
        /** Its caller went away. */
        CANCELLED,
        /** It failed while it ran. */
        FAILED
    }

    private final Kind kind;

    public SqlException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public SqlException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** The one that a failure was caused by, which the planner and compiled plans may have wrapped; null = none was. */
    static @Nullable SqlException within(Throwable failed) {
        Throwable cause = failed;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (cause instanceof SqlException told) {
                return told;
            }
            cause = cause.getCause();
        }
        return null;
    }

    public Kind kind() {
        return kind;
    }
}
