package io.silo.bench;

import java.util.Map;

/**
 * The row of the same run that a benchmark's rows are divided by: the same class, the same parameters but for what is named here.
 * Immutable.
 *
 * @param method name of the baseline's method; empty = the method itself, under other parameters.
 * @param params parameters that the baseline has for its own, whatever those of the row are.
 */
public record Baseline(String method, Map<String, String> params) {
    public Baseline {
        if (method.isEmpty() && params.isEmpty()) {
            throw new IllegalArgumentException("Expected a baseline to be another row, but it names nothing.");
        }
        params = Map.copyOf(params);
    }

    /** Another method with the same parameters. */
    public static Baseline method(String name) {
        return new Baseline(name, Map.of());
    }

    /** The same method with another value of one parameter. */
    public static Baseline param(String name, String value) {
        return new Baseline("", Map.of(name, value));
    }
}
