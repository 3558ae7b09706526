package io.silo.transport;

/**
 * How long the oldest message has waited in a stream, at most: nobody writes the time into messages, and clocks of clients are not to
 * be trusted. Two things are known. What is unread now was written after the stream was last seen empty; and it was written after the
 * reader stood one window before where it stands now, for a sender is never further ahead than that. Reader's thread only.
 */
final class BacklogAge {
    private final long windowBytes;
    private long markPosition;
    private long markNs;

    /** All that is unread was written after this. */
    private long sinceNs;

    /** @param windowBytes furthest that the sender is ahead of the reader. */
    BacklogAge(long windowBytes, long nowNs) {
        this.windowBytes = windowBytes;
        markNs = nowNs;
        sinceNs = nowNs;
    }

    /**
     * The stream was read.
     *
     * @param position of the reader, bytes.
     * @param isEmptied whether nothing was left.
     */
    void onRead(long position, boolean isEmptied, long nowNs) {
        if (isEmptied) {
            sinceNs = nowNs;
        } else if (position - markPosition >= windowBytes) {
            sinceNs = Math.max(sinceNs, markNs);
        } else {
            return;
        }
        markPosition = position;
        markNs = nowNs;
    }

    /** Upper bound, ns. */
    long ageNs(long nowNs) {
        return nowNs - sinceNs;
    }
}
