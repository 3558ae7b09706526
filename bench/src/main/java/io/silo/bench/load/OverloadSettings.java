package io.silo.bench.load;

/**
 * How far over its capacity a server is loaded. Immutable.
 *
 * @param factor arrivals a second, as a multiple of what the server carries.
 * @param producers sessions that enqueue; each has a window of its own, as every client has.
 */
public record OverloadSettings(double factor, int producers) {
    /** Bound on sessions of one load: a server has room for 256 by default, and others may use it too. */
    public static final int PRODUCERS_MAX = 200;

    /**
     * @throws IllegalArgumentException with a sentence if a setting is out of its bounds.
     */
    public OverloadSettings {
        LoadSettings.check(
                factor > 0 && factor <= 100, "Expected a load of 0.01 to 100 times what the server carries.");
        LoadSettings.check(
                producers >= 1 && producers <= PRODUCERS_MAX, "Expected 1 to " + PRODUCERS_MAX + " producers.");
    }
}
