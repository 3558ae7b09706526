package io.silo.bench;

/**
 * How long a suite looks at each row. Immutable.
 *
 * @param forks processes one after the other, at least 1.
 * @param warmUps iterations before those that count, 0 and more.
 * @param measurements iterations that count, at least 1.
 * @param iterationMs length of an iteration; a single-shot benchmark does its work once instead.
 */
public record Effort(int forks, int warmUps, int measurements, int iterationMs) {
    public Effort {
        if (forks < 1 || warmUps < 0 || measurements < 1 || iterationMs < 1) {
            throw new IllegalArgumentException("Expected forks, iterations and their length to be above 0.");
        }
    }
}
