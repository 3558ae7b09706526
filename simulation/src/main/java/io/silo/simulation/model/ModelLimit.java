package io.silo.simulation.model;

import org.jspecify.annotations.Nullable;

/**
 * A limit that a job names.
 *
 * @param details of a rate limit or a floating one; else empty.
 */
record ModelLimit(String key, long max, String details) {
    /** No key or name has control characters. */
    private static final char MARK = 1;

    boolean isRate() {
        return !details.isEmpty() && !isFloating();
    }

    /** Whether its maximum counts until workers found another one out. */
    boolean isFloating() {
        return ModelFloating.isFloating(details);
    }

    /** Its details; null if they are no floating limit at all. */
    @Nullable
    ModelFloating floating() {
        return isFloating() ? ModelFloating.decode(details) : null;
    }

    /** Its terms; null if they are no rate limit at all. */
    @Nullable
    ModelRate rate() {
        return isRate() ? ModelRate.decode(details) : null;
    }

    /** What tells limits of one tenant apart. */
    String id() {
        final ModelRate rate = rate();
        return rate == null ? key : MARK + rate.name() + MARK + key;
    }

    /** Whether it is a rate limit that can never be met. */
    boolean isHopeless() {
        final ModelRate rate = rate();
        return rate != null && rate.isHopeless();
    }

    /** Whether it never lets a job wait. */
    boolean isUnconditional() {
        final ModelRate rate = rate();
        return rate != null && rate.isUnconditional();
    }
}
