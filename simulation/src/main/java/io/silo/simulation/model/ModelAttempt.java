package io.silo.simulation.model;

/**
 * An attempt that ended. Immutable.
 *
 * @param outcome wire number of an Outcome.
 * @param tokenEpoch with {@code token}, of its lease; 0, 0 = it had none.
 */
record ModelAttempt(
        long attempt,
        long startedAtMs,
        long finishedAtMs,
        int outcome,
        int resultEncoding,
        long resultBytes,
        long resultCrc,
        long tokenEpoch,
        long token,
        String worker,
        String errorCode) {}
