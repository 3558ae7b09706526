package io.silo.sql;

/** A statement that was not answered, and why. */
public final class SqlException extends RuntimeException {
    private static final long serialVersionUID = 1;

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

    public Kind kind() {
        return kind;
    }
}
