package io.silo.shard.command;

/** Where reads of the log go that may take milliseconds: a thread of their own. Called on the shard thread. */
public interface ColdReads {
    /** Reads under way on one shard thread: each holds a reply of up to 120 KiB. */
    int READS_MAX = 256;

    /** Requests of {@link #readAhead} under way on one shard thread: what four task groups ask for at once. */
    int READS_AHEAD_MAX = 4_096;

    /** Answer of {@link #readAhead} at the bound. */
    long NOT_TAKEN = -1;

    /**
     * Takes a read; {@link ColdRead#perform} runs elsewhere, and the shard takes the finished read back through {@link #poll}.
     *
     * @return false at the bound.
     */
    boolean submit(ColdRead read);

    /**
     * Asks for bytes of a record to be brought into the page cache; performed in order, each behind every read that was submitted. A
     * hint: it may be given up, and no answer of this interface about it decides anything that is logged.
     *
     * @param shard number of the shard that asks.
     * @param offset of the first byte behind the record's header.
     * @return number of the request, rising; {@link #NOT_TAKEN} at the bound.
     */
    long readAhead(int shard, long position, int offset, int length);

    /** Requests of {@link #readAhead} up to this number are over; below all of them if none is. */
    long readAheadDone();

    /** Hands finished reads to the handler; never waits. */
    int poll(Handler handler, int limit);

    /** Takes finished reads. */
    @FunctionalInterface
    interface Handler {
        void onRead(ColdRead read);
    }
}
