package io.silo.shard.state;

/** A broken invariant: a bug, or memory and log that disagree. The shard stops; its log reproduces it. */
public final class InvariantViolation extends Error {
    private static final long serialVersionUID = 1L;

    public InvariantViolation(String message) {
        super(message);
    }
}
