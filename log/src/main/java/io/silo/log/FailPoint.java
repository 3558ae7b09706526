package io.silo.log;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Kills the process at one site of {@link FaultPlan}, the n-th time that it is reached: what SIGKILL does, at a place that no signal
 * can be aimed at. No hook runs, nothing is flushed or closed. Armed from outside only, by {@link #VARIABLE}; any thread.
 */
public final class FailPoint implements FaultPlan {
    /** Environment variable: {@code site:occurrence}, or {@code site} for the first. Unset in production. */
    public static final String VARIABLE = "SILO_TORTURE_KILL";

    /** What a process ends with that SIGKILL ended. */
    public static final int EXIT_CODE = 137;

    private final String site;
    private final long occurrence;
    private final AtomicLong hits = new AtomicLong();

    FailPoint(String site, long occurrence) {
        this.site = site;
        this.occurrence = occurrence;
    }

    /**
     * The plan that the environment asks for, {@link FaultPlan#NONE} if it asks for none.
     *
     * @throws IllegalArgumentException if it asks for what cannot be read.
     */
    public static FaultPlan of(Map<String, String> environment) {
        final String armed = environment.get(VARIABLE);
        if (armed == null || armed.isEmpty()) {
            return NONE;
        }
        final int colon = armed.indexOf(':');
        final long occurrence;
        try {
            occurrence = colon < 0 ? 1 : Long.parseLong(armed.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(VARIABLE + " must be site:occurrence, not '" + armed + "'", e);
        }
        if (occurrence < 1 || colon == 0) {
            throw new IllegalArgumentException(VARIABLE + " must be site:occurrence, from 1, not '" + armed + "'");
        }
        return new FailPoint(colon < 0 ? armed : armed.substring(0, colon), occurrence);
    }

    @Override
    public void at(String reached) {
        if (isDue(reached)) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    /** Whether the process is to die here; counts the hit. */
    boolean isDue(String reached) {
        return site.equals(reached) && hits.incrementAndGet() == occurrence;
    }

    @Override
    public String toString() {
        return site + ":" + occurrence;
    }
}
