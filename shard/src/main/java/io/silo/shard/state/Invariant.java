package io.silo.shard.state;

/** Checks that stay on in production. A failed one is a bug: the shard that finds it stops, and nobody catches it to go on. */
public final class Invariant {
    private Invariant() {}

    /** Does not allocate when {@code condition} holds. */
    public static void check(boolean condition, String message) {
        if (!condition) {
            throw new InvariantViolation(message);
        }
    }
}
