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

    @Override
    public void close() {
        reader.close();
    }
}
