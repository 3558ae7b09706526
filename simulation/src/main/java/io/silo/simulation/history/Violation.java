package io.silo.simulation.history;

/**
 * Something that no correct broker does.
 *
 * @param invariant its name, stable.
 * @param sentence what was seen, with the entries that show it.
 */
public record Violation(String invariant, String sentence) {
    @Override
    public String toString() {
        return invariant + ": " + sentence;
    }
}
