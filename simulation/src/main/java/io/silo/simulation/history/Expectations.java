package io.silo.simulation.history;

/**
 * What {@link HistoryChecker} may take for granted of a history.
 *
 * @param drained after the last fault the broker ran until all was done, and then every job was read: each acknowledged job must be
 *     terminal in its last read.
 * @param leaseSlackMs how much earlier than by the clock of the history a lease may run out: the broker counts whole milliseconds
 *     from the clock reading of its duty cycle, which began before the call arrived. 2 where time is virtual; the longest duty cycle
 *     or pause of the broker's process where it is real.
 * @param forgetsEnded whether the broker forgets ended jobs of its own accord. A job that nobody was seen to lease has not ended then:
 *     such histories must not lose messages.
 */
public record Expectations(boolean drained, int leaseSlackMs, boolean forgetsEnded) {
    /** For real processes on a machine that has other work too. */
    public static final int LEASE_SLACK_MS_DEFAULT = 1_000;

    /** Nothing is known of the end. */
    public static final Expectations NONE = new Expectations(false, LEASE_SLACK_MS_DEFAULT);

    /** As {@link #NONE}, drained. */
    public static final Expectations DRAINED = new Expectations(true, LEASE_SLACK_MS_DEFAULT);

    /** Of a broker that keeps what nobody deletes. */
    public Expectations(boolean drained, int leaseSlackMs) {
        this(drained, leaseSlackMs, false);
    }

    public Expectations {
        if (leaseSlackMs < 0) {
            throw new IllegalArgumentException("Expected a slack of at least 0 ms, but it is " + leaseSlackMs + ".");
        }
    }
}
