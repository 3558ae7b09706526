package io.silo.simulation.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the model holds to be true of a shard. Stateless. */
final class Claim {
    private Claim() {}

    /** @throws AssertionError with the formatted sentence if the claim does not hold. */
    @SuppressWarnings("AnnotateFormatMethod") // its annotation would be a dependency for this one method
    static void check(boolean holds, String sentence, @Nullable Object... arguments) {
        if (!holds) {
            throw new AssertionError(String.format(Locale.ROOT, sentence, arguments));
        }
    }

    /** @param of appended to {@code what} only where it is needed: most claims hold. */
    static void equal(Object expected, Object found, String what, Object of) {
        if (!expected.equals(found)) {
            equal(expected, found, what + ' ' + of);
        }
    }

    static void equal(Object expected, Object found, String what) {
        if (!expected.equals(found)) {
            throw new AssertionError(what + ": expected " + expected + " but found " + found);
        }
    }
}
