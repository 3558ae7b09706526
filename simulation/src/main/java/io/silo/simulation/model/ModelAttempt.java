package io.silo.simulation.model;

/**
 * An attempt that ended. Immutable.
 *
 * @param outcome wire number of an Outcome.
 */
record ModelAttempt(
        long attempt,
        long startedAtMs,
        long finishedAtMs,
        int outcome,
        int resultEncoding,
        long resultBytes,
        long resultCrc,
        String worker,
        String errorCode) {}
