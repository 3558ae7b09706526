package io.silo.shard.history;

import io.silo.log.LogReader;
import org.agrona.concurrent.UnsafeBuffer;

/** What one reading thread needs for one shard's log: its readers share it and keep what they learnt last. */
public final class JobReader implements AutoCloseable {
    private final LogReader reader;
    private final JobHistory history;
    private final ChunkedBytes chunks;
    private final EventReader events;

    /** @param reader is closed with this. */
    public JobReader(LogReader reader) {
        this.reader = reader;
        this.history = new JobHistory(reader);
        this.chunks = new ChunkedBytes(reader, new UnsafeBuffer(new byte[0]));
        this.events = new EventReader(reader);
    }

    public JobHistory history() {
        return history;
    }

    public ChunkedBytes chunks() {
        return chunks;
    }

    public EventReader events() {
        return events;
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
