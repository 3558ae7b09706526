package io.silo.log;

/** Reads records of a log by position on a thread of its own. One thread per reader. */
public interface LogReader extends AutoCloseable {
    /**
     * Reads one whole record and hands it to the handler. Its CRC is checked against the chain kept in its cycle.
     *
     * @return false if the position is trimmed or not there.
     * @throws LogException if the read fails or the bytes are damaged.
     */
    boolean read(long position, RecordHandler handler);

    /**
     * Brings {@code length} bytes of the events of a record, from {@code offset} behind its header, into the page cache, with the header:
     * {@link EventLog#read} then finds them there. Nothing is checked.
     *
     * @return false if the position is trimmed or not there.
     * @throws LogException STORE_FAILED if the read fails.
     */
    boolean readAhead(long position, int offset, int length);

    /** Lets the cycle that was read last be deleted, until the next read. */
    void unpin();

    @Override
    void close();
}
