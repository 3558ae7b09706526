package io.silo.simulation.network;

import org.jspecify.annotations.Nullable;

/** What clients connect to. */
public interface SimHost {
    /** A client knocks; null if nobody listens. */
    SimLink.@Nullable End accept(SimLink link);
}
