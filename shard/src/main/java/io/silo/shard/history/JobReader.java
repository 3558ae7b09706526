package io.silo.shard.history;

import io.silo.log.LogReader;
import org.agrona.concurrent.UnsafeBuffer;

/** What one reading thread needs for one shard's log: the two readers share it and keep what they learnt of the last job. */
public final class JobReader implements AutoCloseable {
    private final LogReader reader;
    private final JobHistory history;
    private final ChunkedBytes chunks;

    /** @param reader is closed with this. */
    public JobReader(LogReader reader) {
        this.reader = reader;
        this.history = new JobHistory(reader);
        this.chunks = new ChunkedBytes(reader, new UnsafeBuffer(new byte[0]));
    }

    public JobHistory history() {
        return history;
    }

    public ChunkedBytes chunks() {
        return chunks;
    }

    /** See {@link LogReader#readAhead}. */
    public boolean readAhead(long position, int offset, int length) {
        return reader.readAhead(position, offset, length);
    }

    /** See {@link LogReader#unpin}. */
    public void unpin() {
        reader.unpin();
    }

    @Override
    public void close() {
        reader.close();
    }
}
