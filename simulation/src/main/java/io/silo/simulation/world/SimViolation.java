package io.silo.simulation.world;

/** A promise was broken: the name of the invariant, and what was seen. */
public final class SimViolation extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final String invariant;

    public SimViolation(String invariant, String sentence) {
        super(sentence);
        this.invariant = invariant;
    }

    public SimViolation(String invariant, Throwable cause) {
        super(String.valueOf(cause), cause);
        this.invariant = invariant;
    }

    /** Stable name of what was broken. */
    public String invariant() {
        return invariant;
    }
}
