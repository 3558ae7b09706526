package io.silo.specs;

/**
 * A command of a model.
 *
 * @param model name of the model, which is its file's without the ending.
 * @param scope how many of everything, as the model says it.
 * @param isQuick whether it belongs to the quick part.
 */
public record SpecTask(String model, Kind kind, String name, String scope, boolean isQuick) {
    /** What a command asks for. */
    public enum Kind {
        /** No counterexample within the scope. */
        CHECK,

        /** An instance within the scope, so that nothing is proved of what cannot happen. */
        RUN
    }
}
