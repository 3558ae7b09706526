package io.silo.server.error;

import org.jspecify.annotations.Nullable;

/** An operational failure of the server: one sentence for people, and what to do about it. Immutable; any thread. */
public final class ServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ServerErrorCode code;
    private final String hint;

    /**
     * @param sentence what happened, ending in a full stop.
     * @param hint what to do; empty if the sentence says all.
     */
    public ServerException(ServerErrorCode code, String sentence, String hint) {
        this(code, sentence, hint, null);
    }

    public ServerException(ServerErrorCode code, String sentence, String hint, @Nullable Throwable cause) {
        super(sentence, cause);
        this.code = code;
        this.hint = hint;
    }

    public ServerErrorCode code() {
        return code;
    }

    /** The sentence: never null here. */
    public String sentence() {
        return String.valueOf(getMessage());
    }

    /** What to do about it; may be empty. */
    public String hint() {
        return hint;
    }
}
