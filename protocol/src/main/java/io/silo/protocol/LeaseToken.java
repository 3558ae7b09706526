package io.silo.protocol;

/**
 * A worker's right to one attempt, as a number: (epoch, token), compared as one unsigned 128-bit number that rises per job.
 * {@code token} is the log position of the record that granted the lease, times {@value #EVENTS_PER_RECORD_MAX}, plus the index
 * of the event in that record.
 */
public final class LeaseToken {
    /** Events in one record (design: at most 1,024). */
    public static final int EVENTS_PER_RECORD_MAX = 1_024;

    /** Token part of a job that was never leased. */
    public static final long NULL_TOKEN = 0;

    private LeaseToken() {}

    /** Token of the event {@code eventIndex} in the record at {@code position}. */
    public static long of(long position, int eventIndex) {
        return position * EVENTS_PER_RECORD_MAX + eventIndex;
    }

    /** Position of the record that granted the lease. */
    public static long position(long token) {
        return token / EVENTS_PER_RECORD_MAX;
    }
}
