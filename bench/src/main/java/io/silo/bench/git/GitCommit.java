package io.silo.bench.git;

import java.time.Instant;

/**
 * A commit. Immutable.
 *
 * @param hash forty hexadecimal digits.
 * @param subject first line of its message.
 * @param date when it was committed.
 */
public record GitCommit(String hash, String subject, Instant date) {
    /** Digits that name a commit to people and in file names. */
    public static final int SHORT_DIGITS = 10;

    /** The beginning of the hash. */
    public String shortHash() {
        return hash.substring(0, SHORT_DIGITS);
    }
}
