package io.silo.log;

import java.nio.ByteBuffer;

/** One cycle's file on a descriptor of its own. Reading is positional, so any thread may read; the others belong to the opener. */
public interface CycleFile extends AutoCloseable {
    /**
     * Reads from {@code fileOffset} into what remains of {@code target}.
     *
     * @return bytes read; less than asked for only at the end of the file, 0 there.
     * @throws LogException STORE_FAILED on an I/O error.
     */
    int read(ByteBuffer target, long fileOffset);

    /** Length in bytes as the directory entry shows it, holes included. */
    long length();

    /**
     * Makes durable whatever of this file still lies in the page cache.
     *
     * @throws LogException SYNC_FAILED.
     */
    void sync();

    @Override
    void close();
}
