package io.silo.server.config;

/**
 * One thing wrong with the configuration.
 *
 * @param where file and line, environment variable or option; empty if it belongs to no place.
 * @param sentence what is wrong, and what would be right.
 */
public record ConfigProblem(String where, String sentence) {
    @Override
    public String toString() {
        return where.isEmpty() ? sentence : where + ": " + sentence;
    }
}
