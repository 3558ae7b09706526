package io.silo.specs;

import org.jspecify.annotations.Nullable;

/**
 * What a command of a model came to.
 *
 * @param durationMs from translation to verdict.
 * @param instance the counterexample of a check, or the example that a run asked for, as text; null if there is none.
 */
public record SpecResult(
        SpecTask task, long durationMs, @Nullable String instance) {
    /** A check has to be without counterexample, a run has to have an instance. */
    public boolean isAsExpected() {
        return switch (task.kind()) {
            case CHECK -> instance == null;
            case RUN -> instance != null;
        };
    }

    /** The verdict in words. */
    public String verdict() {
        return switch (task.kind()) {
            case CHECK -> instance == null ? "holds" : "counterexample";
            case RUN -> instance == null ? "no instance" : "instance";
        };
    }
}
