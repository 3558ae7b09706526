package io.silo.shard;

/**
 * Runs a property for seeds 1 to a count, and names the seed that fails. Run one seed alone with {@code -Dsilo.seed=N},
 * more than the usual with {@code -Dsilo.seeds=COUNT}.
 */
public final class Seeds {
    /** A property under one seed: the same seed makes the same steps. */
    @FunctionalInterface
    public interface Property {
        void check(long seed) throws Exception;
    }

    private Seeds() {}

    /** Checks {@code property} for {@code count} seeds; fails with the first seed that does. */
    public static void forEach(int count, Property property) {
        Long only = Long.getLong("silo.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? Math.max(count, Long.getLong("silo.seeds", 0)) : only;
        for (long seed = first; seed <= last; seed++) {
            try {
                property.check(seed);
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "Seed " + seed + " fails; run it alone with -Dsilo.seed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }
}
