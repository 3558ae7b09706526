package io.silo.log;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The durable log of one shard: records in a CRC chain, in cycles, with group commit and recovery. The only durable truth.
 *
 * <pre>
 *   trim point        carried-through      durable       appended
 *       |                    |                |              |
 *   ----[####################|################|##############]-----> positions, dense
 *       first retained record                 last synced    last in the page cache
 * </pre>
 *
 * <p>One thread, the shard thread, calls everything here but {@link #newReader()}'s result.
 */
public final class EventLog implements AutoCloseable {
    /** Room that a caller leaves in front of its events for the record header. */
    public static final int HEADER_BYTES = 48;

    /** Longest record, header included (design: 1 MiB). */
    public static final int RECORD_BYTES_MAX = 1024 * 1024;

    /** Stands for "no record". */
    public static final long NULL_POSITION = -1;

    private EventLog() {}

    /** Judges the cycles of a shard, finds the end of its log, changes nothing. */
    public static EventLog open(CycleStore store, LogIdentity identity, EventLogContext context) {
        throw new UnsupportedOperationException();
    }

    /** Hands every retained record, oldest first, to the handler. Before {@link #start}. */
    public long replay(RecordHandler handler) {
        throw new UnsupportedOperationException();
    }

    /** Begins a new cycle under the next shard epoch; durable on return. Appending is allowed from here. */
    public void start(long timeMs) {
        throw new UnsupportedOperationException();
    }

    public long shardEpoch() {
        throw new UnsupportedOperationException();
    }

    /** Position that the next append will return. */
    public long nextPosition() {
        throw new UnsupportedOperationException();
    }

    public long appendedPosition() {
        throw new UnsupportedOperationException();
    }

    public long durablePosition() {
        throw new UnsupportedOperationException();
    }

    /** First position that is still readable. */
    public long firstPosition() {
        throw new UnsupportedOperationException();
    }

    /** How much may still be appended: what the disk's free space allows. */
    public DiskState diskState() {
        throw new UnsupportedOperationException();
    }

    /**
     * Whether a record of this length can be appended now. False while the next cycle is not ready or the hard floor is reached;
     * the caller answers BUSY or DISK_FULL and nothing was touched.
     */
    public boolean hasRoom(int recordBytes) {
        throw new UnsupportedOperationException();
    }

    /**
     * Appends one record: fills the header at {@code offset}, chains the CRC, copies it to the page cache. Not durable yet.
     *
     * @param offset where {@link #HEADER_BYTES} of room begin; the events follow.
     * @param length of header room and events together, at most {@link #RECORD_BYTES_MAX}.
     * @return the record's position.
     * @throws LogException FATAL if the store fails; the log is closed then.
     */
    public long append(MutableDirectBuffer buffer, int offset, int length, int eventCount, long timeMs) {
        throw new UnsupportedOperationException();
    }

    /** Whether anything is appended that is not durable. */
    public boolean isDirty() {
        throw new UnsupportedOperationException();
    }

    /** Makes everything appended durable, on this thread. The first failure is final. */
    public void sync() {
        throw new UnsupportedOperationException();
    }

    /** As {@link #sync()} on the store's own thread: returns at once; {@link #awaitSync()} finishes it. */
    public void beginSync() {
        throw new UnsupportedOperationException();
    }

    public void awaitSync() {
        throw new UnsupportedOperationException();
    }

    /**
     * Work behind deadlines: marks, the sync of what was only appended, cycles ahead, deletion of trimmed ones.
     *
     * @return work count.
     */
    public int doWork(long nowNs) {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads {@code length} bytes of the events of the record at {@code position}, from {@code offset} behind its header. Recently
     * appended records come from memory; others from the file, which may take milliseconds.
     *
     * @return a view valid until the next call on this log.
     * @throws LogException if the position is trimmed or the read fails.
     */
    public DirectBuffer read(long position, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    /** Whether {@link #read} would be answered from memory. */
    public boolean isRecent(long position) {
        throw new UnsupportedOperationException();
    }

    /** A reader for another thread. It pins the cycle it reads. */
    public LogReader newReader() {
        throw new UnsupportedOperationException();
    }

    /** Last position of the oldest cycle, or {@link #NULL_POSITION} if only the active cycle is left. */
    public long oldestCycleLastPosition() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of the oldest cycle's records. */
    public long oldestCycleBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of all retained records. */
    public long retainedBytes() {
        throw new UnsupportedOperationException();
    }

    /** Lets go of cycles that lie wholly before {@code position}, which must be durable. Deletion happens off this thread. */
    public void trimBefore(long position) {
        throw new UnsupportedOperationException();
    }

    /** Syncs, marks the end and closes. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
