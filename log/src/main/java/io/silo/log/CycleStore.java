package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/**
 * The port under {@link EventLog}: create, append bytes, read, sync, list, delete. What the bytes mean and which of them count is the
 * log's matter, which exists once.
 *
 * <p><b>Framing.</b> A cycle's file is a row of documents, each a 32-bit little-endian header at an offset that 4 divides, then the
 * payload: the low 30 bits are the length; {@code 0x40000000} marks metadata of the store (skipped), {@code 0x80000000} a document that
 * is not complete; 0 is the end. The bytes behind the last document are zero until written, and the file is always longer than its last
 * document by at least one header. The store frames a cycle's first document, the log all others.
 *
 * <p><b>Active cycle.</b> At most one cycle is appended to, and it was created by this opening of the store: files of an earlier one are
 * only read and deleted. At most one creation is under way.
 *
 * <p><b>Threads.</b> All calls come from the shard's thread. Implementations may work on a helper thread behind the {@code begin…}
 * calls. A store holds the directory's lock from its creation to {@link #close}.
 */
public interface CycleStore extends CycleSource, AutoCloseable {
    /** Where a write may be cut off: no page or block of a file system is smaller. */
    int WRITE_UNIT_BYTES = 512;

    /** What became of the creation begun last. */
    enum Creation {
        /** None was begun, or its cycle is active already. */
        NONE,
        /** The helper is at it. */
        RUNNING,
        /**
         * The cycle, its first document and its directory entry are durable; {@link #activate} may be called, and there will be room
         * for the longest record.
         */
        READY,
        /** The disk had too little space; nothing is left behind. It may be begun again. */
        NO_SPACE
    }

    /**
     * Begins to create a cycle ahead: its file, the first document, blocks for the first appends, all synced with the directory.
     *
     * @param cycle number, higher than every one that is there.
     * @param document payload of the first document; copied before return.
     */
    void beginCreate(long cycle, DirectBuffer document, int offset, int length);

    /**
     * State of the creation.
     *
     * @throws LogException STORE_FAILED if it failed for another reason than space.
     */
    Creation pollCreate();

    /** Makes the created cycle the active one. The one before is appended to no more; unused blocks behind its end are given back. */
    void activate();

    /**
     * Writes whole documents to the active cycle, behind the last one: to the page cache, so that readers find them and a process that
     * is killed later loses none. A process that is killed in this call leaves the beginning of the bytes, as far as a multiple of
     * {@value #WRITE_UNIT_BYTES} in the file, and zeros.
     *
     * @param documents from position to limit, a multiple of four bytes, in memory outside the heap; read to the end.
     * @return file offset of the first one's header.
     * @throws LogException STORE_FAILED; the documents may be there, or their beginning, or nothing.
     */
    long append(ByteBuffer documents);

    /** Whether blocks are allocated for this many bytes of documents, so that appending them cannot run out of space. */
    boolean hasRoom(int lengthBytes);

    /** Bytes of the active cycle's file up to the end of its last document. */
    long activeBytes();

    /**
     * Makes all appended documents of the active cycle durable.
     *
     * @throws LogException SYNC_FAILED.
     */
    void sync();

    /** Begins {@link #sync} on the store's own thread; documents may be appended meanwhile. One at a time. */
    void beginSync();

    /** Whether {@link #awaitSync} would return at once, or throw. */
    boolean isSyncDone();

    /**
     * Waits for the begun sync.
     *
     * @throws LogException SYNC_FAILED.
     */
    void awaitSync();

    /** What the disk's free space allows. */
    DiskState diskState();

    /**
     * Begins to bring a cycle that is not active into the page cache, since all of it is about to be read on the caller's thread. A hint:
     * of two that are begun the later one goes on, and failures are left to the reads.
     */
    default void beginReadAhead(long cycle) {}

    /** Begins the deletion of a cycle that the log has let go of in good order; a store that keeps an archive puts it there before. */
    default void beginLetGo(long cycle) {
        beginDelete(cycle);
    }

    /** Begins the deletion of a cycle that is not active: file, then directory, durably. Failures are logged, not thrown. */
    void beginDelete(long cycle);

    /**
     * Writes a mark slot (0 or 1) and makes it durable, with the mark's directory entry.
     *
     * @throws LogException SYNC_FAILED or STORE_FAILED.
     */
    void writeMark(int slot, ByteBuffer source);

    /** Periodic work that belongs on the caller's thread. */
    int doWork(long nowNs);

    /** Stops the helper, closes all files and gives the lock back. Syncs nothing. */
    @Override
    void close();
}
