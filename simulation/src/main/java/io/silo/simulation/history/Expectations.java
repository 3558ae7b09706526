package io.silo.simulation.history;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What {@link HistoryChecker} may take for granted of a history.
 *
 * @param drained after the last fault the broker ran until all was done, and then every job was read: each acknowledged job must be
 *     terminal in its last read.
 * @param leaseSlackMs how much earlier than by the clock of the history a lease may run out: the broker counts whole milliseconds
 *     from the clock reading of its duty cycle, which began before the call arrived. 2 where time is virtual; the longest duty cycle
 *     or pause of the broker's process where it is real.
 * @param keptMs how long the broker keeps each ended job at least; {@link #FOREVER} if it forgets none of its own accord. A job that
 *     nobody was seen to lease has not ended where it does: such histories must not lose messages.
 * @param clock what is known of the broker's wall clock; null = nothing, so that nothing is said of firings that did not happen.
 */
public record Expectations(
        boolean drained,
        int leaseSlackMs,
        long keptMs,
        @Nullable Clock clock) {
    /**
     * A wall clock that goes as the clock of the history does, and the end of all faults.
     *
     * @param zeroMs wall clock at time 0 of the history, Unix epoch ms.
     * @param healedAtNs time in the history from which the broker was neither stopped nor kept from its work.
     */
    public record Clock(long zeroMs, long healedAtNs) {
        long wallMs(long atNs) {
            return zeroMs + TimeUnit.NANOSECONDS.toMillis(atNs);
        }
    }

    /** Ended jobs stay until somebody deletes them. */
    public static final long FOREVER = Long.MAX_VALUE;

    /** For real processes on a machine that has other work too. */
    public static final int LEASE_SLACK_MS_DEFAULT = 1_000;

    /** Nothing is known of the end. */
    public static final Expectations NONE = new Expectations(false, LEASE_SLACK_MS_DEFAULT);

    /** As {@link #NONE}, drained. */
    public static final Expectations DRAINED = new Expectations(true, LEASE_SLACK_MS_DEFAULT);

    /** Of a broker that keeps what nobody deletes. */
    public Expectations(boolean drained, int leaseSlackMs) {
        this(drained, leaseSlackMs, FOREVER, null);
    }

    public Expectations {
        if (leaseSlackMs < 0) {
            throw new IllegalArgumentException("Expected a slack of at least 0 ms, but it is " + leaseSlackMs + ".");
        }
    }
}
