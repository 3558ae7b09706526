package io.silo.bench.git;

/** Git did not do what it was asked for; the message is a sentence for the user. */
public final class GitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param sentence what happened. */
    public GitException(String sentence) {
        super(sentence);
    }
}
