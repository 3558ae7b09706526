package io.silo.simulation.history;

import java.util.List;

/**
 * A job as a read showed it.
 *
 * @param status upper-case name of the status.
 * @param attempt number of the pending, running or last attempt; 0 = none yet.
 * @param payloadCrc CRC32C that the broker stated.
 * @param resultCrc CRC32C of the result of the last ended attempt of a terminal job; 0 without.
 * @param ended attempts that ended, ascending.
 */
public record JobSeen(String status, int attempt, int payloadCrc, int resultCrc, List<Ended> ended) {
    /**
     * An attempt that ended.
     *
     * @param outcome SUCCEEDED, FAILED or CANCELLED.
     * @param errorCode empty unless it failed.
     */
    public record Ended(int attempt, String outcome, String worker, String errorCode) {}

    /** Whether the job has ended. */
    public boolean isTerminal() {
        return status.equals("SUCCEEDED") || status.equals("FAILED") || status.equals("CANCELLED");
    }

    /** Number of the last attempt that ended; 0 = none. */
    public int lastEnded() {
        return ended.isEmpty() ? 0 : ended.get(ended.size() - 1).attempt();
    }
}
