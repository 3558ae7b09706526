package io.silo.client;

/** Finds out how many jobs may run under a floating limit. */
@FunctionalInterface
public interface RefreshHandler {
    /**
     * Called on a thread of the worker, for one limit at a time; it may take its time, its lease is renewed.
     *
     * @return the maximum from now on; 0 = nothing new runs until the next refresh.
     * @throws Exception whatever it throws leaves the maximum as it is, and the server asks again after a back-off: 1 s, then twice as
     *     long each time, up to a minute.
     */
    int refresh(RefreshTask task) throws Exception;
}
