package io.silo.simulation.scenario;

import java.util.SplittableRandom;

/** One kind of run. A small class that draws its plan from the seed, may add steps of its own, and says what must have come of it. */
public interface Scenario {
    /** Name on the command line, as in {@code lease-expiry}. */
    String name();

    /** What it shows, in one sentence. */
    String shows();

    /** How often a seed that names no scenario picks this one, beside the others'. */
    default int weight() {
        return 1;
    }

    /** Draws what a run consists of. */
    ScenarioPlan plan(SplittableRandom random);

    /** Adds steps of its own; clients begin to work right after. */
    default void begin(SimRun run) {}

    /**
     * Looks at what came of it, after everything drained.
     *
     * @throws io.silo.simulation.world.SimViolation if it is not what it must be.
     */
    default void check(SimRun run) {}
}
