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

    @Override
    void close();
}
