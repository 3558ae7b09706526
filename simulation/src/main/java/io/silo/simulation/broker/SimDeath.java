package io.silo.simulation.broker;

/** The process died here: nothing behind this point happened. */
final class SimDeath extends Error {
    private static final long serialVersionUID = 1L;

    SimDeath(String site) {
        super("the process died at " + site, null, false, false);
    }
}
