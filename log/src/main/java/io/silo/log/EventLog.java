package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>Order of use: {@link #open} judges what is there, {@link #replay} hands it over, {@link #start} begins a new cycle under a new
 * shard epoch, then appends, writes, syncs and reads, then {@link #close}. Records of the log's own take positions too, so that a handler sees
 * positions grow, not necessarily by one.
 *
 * <p>One thread, the shard thread, calls everything here but {@link #newReader()}'s result. A failed append or sync closes the log:
 * every later call throws. Appending, syncing and recent reads allocate nothing but the index, 64 KiB every 16,384 records.
 */
public final class EventLog implements AutoCloseable {
    /** Room that a caller leaves in front of its events for the record header. */
    public static final int HEADER_BYTES = 48;

    /** Longest record, header included (design: 1 MiB). */
    public static final int RECORD_BYTES_MAX = 1024 * 1024;

    /** Stands for "no record". */
    public static final long NULL_POSITION = -1;

    private static final Logger LOGGER = LoggerFactory.getLogger(EventLog.class);

    /** What a cycle has left when it counts as full for {@link #diskState}: a batch of outcomes. */
    private static final int ROOM_BYTES_MIN = 64 * 1024;

    private enum State {
        OPEN,
        REPLAYED,
        STARTED,
        FAILED,
        CLOSED
    }

    private final CycleStore store;
    private final LogIdentity identity;
    private final EventLogContext context;
    private final FaultPlan faults;
    private final LogSentences sentences;
    private final RecoveredLog recovered;
    private final RetainedCycles cycles;
    private final RecordLayout layout = new RecordLayout();
    private final TailCache tail;
    private final LogEnd end;
    private final RecordReader reader;
    private final MarkWriter marks;
    private final NextCycle next;
    private final ByteBuffer controlDocument = ByteBuffer.allocateDirect(
                    DocumentCursor.HEADER_BYTES + CycleStarted.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    private final UnsafeBuffer control =
            new UnsafeBuffer(controlDocument, DocumentCursor.HEADER_BYTES, CycleStarted.BYTES);
    private State state = State.OPEN;
    private @Nullable Throwable failure;
    private @Nullable ByteBuffer window;
    private @Nullable Cycle active;
    private long epoch;
    private final LogSync sync;
    private boolean isMarkDue;
    private boolean isStartDurable;

    private EventLog(CycleStore store, LogIdentity identity, EventLogContext context, RecoveredLog recovered) {
        this.store = store;
        this.identity = identity;
        this.context = context;
        this.recovered = recovered;
        faults = context.faults();
        sentences = new LogSentences(identity, store.name());
        tail = new TailCache(context.tailCacheBytes());
        marks = new MarkWriter(store, faults, recovered.mark());
        cycles = new RetainedCycles(store, faults);
        reader = new RecordReader(store, faults, cycles, tail);
        next = new NextCycle(store, identity, context, recovered.highestCycle());
        epoch = recovered.highestEpoch();
        end = new LogEnd(store, context, cycles, tail);
        end.moveTo(recovered.endPosition(), recovered.endCrc());
        long durable =
                recovered.mark() == null ? NULL_POSITION : recovered.mark().position();
        sync = new LogSync(store, context, end, durable);
    }

    /**
     * Judges the cycles of a shard, finds the end of its log, changes nothing.
     *
     * @param store owned by the log from here on: it is closed with it, and if this throws.
     * @throws LogException with a code for which {@link LogErrorCode#isCorruption()} holds if the log is damaged; STORE_FAILED if it
     *     cannot be read.
     */
    public static EventLog open(CycleStore store, LogIdentity identity, EventLogContext context) {
        boolean isOpen = false;
        try {
            ByteBuffer window = DocumentCursor.newWindow();
            // [SILO-LOG-OPEN-1]
            RecoveredLog recovered = new LogRecovery(store, identity, context, window).run();
            var log = new EventLog(store, identity, context, recovered);
            log.window = window;
            isOpen = true;
            return log;
        } finally {
            if (!isOpen) {
                store.close();
            }
        }
    }

    /**
     * Hands every retained record, oldest first, to the handler. Before {@link #start}, as often as wanted.
     *
     * @return records handed over.
     * @throws LogException with a code for which {@link LogErrorCode#isCorruption()} holds if one is damaged. What the handler throws
     *     passes through. The log stays open, to be closed.
     */
    public long replay(RecordHandler handler) {
        checkNotStarted();
        Objects.requireNonNull(handler);
        long count =
                new LogReplay(store, identity, recovered, Objects.requireNonNull(window)).run(cycles, layout, handler);
        cycles.publish(end.position());
        state = State.REPLAYED;
        return count;
    }

    /** How far a replay has come, or {@link #NULL_POSITION}. Any thread. */
    public long replayedPosition() {
        return cycles.published();
    }

    /** As {@link #start(long, long)} where no higher epoch is known elsewhere. */
    public void start(long timeMs) {
        start(timeMs, 0);
    }

    /**
     * Begins a new cycle under the next shard epoch; durable on return. Appending is allowed from here. What recovery left out is
     * deleted.
     *
     * @param timeMs wall clock, recorded in the cycle.
     * @param epochFloor highest epoch known outside this log; the new one is above both.
     * @throws LogException DISK_FULL if there is no space for the cycle: the log stays readable and this may be tried again.
     *     CYCLE_NOT_READY after {@link EventLogContext#createTimeoutNs}. FATAL ones as {@link #sync}.
     */
    public void start(long timeMs, long epochFloor) {
        checkNotStarted();
        if (state == State.OPEN) {
            replay((position, shardEpoch, recordTimeMs, eventCount, buffer, offset, length) -> {});
        }
        long previous =
                cycles.isEmpty() ? DurableMark.NO_CYCLE : cycles.newest().number();
        begin(CycleStarted.Reason.OPENED, previous, epochFloor, timeMs);
    }

    /**
     * Cuts a closed log off behind a position, for good. Afterwards it ends there and opens under a higher epoch. A crash leaves it
     * either as it was or cut off.
     *
     * @param store closed on return.
     * @param position a record that is to be the last one, or {@link #NULL_POSITION} to cut everything off an untrimmed log.
     * @param timeMs wall clock, recorded.
     * @throws LogException POSITION_UNKNOWN if the log does not hold the position; else as {@link #open} and {@link #start}.
     */
    public static void truncateAfter(
            CycleStore store, LogIdentity identity, EventLogContext context, long position, long timeMs) {
        try (EventLog log = open(store, identity, context)) {
            log.replay((recordPosition, shardEpoch, recordTimeMs, eventCount, buffer, offset, length) -> {});
            log.truncate(position, timeMs);
        }
    }

    private void truncate(long position, long timeMs) {
        long previous = DurableMark.NO_CYCLE;
        int crc = 0;
        if (position != NULL_POSITION || firstPosition() != 0) {
            Cycle holder = cycles.find(position);
            if (holder == null) {
                throw new LogException(
                        LogErrorCode.POSITION_UNKNOWN,
                        "Expected to truncate the log of shard " + identity.shardName() + " after position " + position
                                + ", but it holds positions " + firstPosition() + " to " + end.position() + ".");
            }
            previous = holder.number();
            crc = reader.crcOf(holder, position);
        }
        List<Cycle> cutOff = cycles.truncateAfter(position);
        end.moveTo(position, crc);
        begin(CycleStarted.Reason.TRUNCATED, previous, 0, timeMs);
        for (Cycle cycle : cutOff) {
            store.beginDelete(cycle.number());
        }
    }

    private void begin(CycleStarted.Reason reason, long previousCycle, long epochFloor, long timeMs) {
        try {
            if (!marks.isPresent()) {
                marks.write(DurableMark.NO_CYCLE, NULL_POSITION, 0, epoch, 0, false);
            }
            next.await();
            if (previousCycle != DurableMark.NO_CYCLE) {
                // An earlier process may have left the tail in the page cache. The new cycle states it as the end.
                try (CycleFile file = store.open(previousCycle)) {
                    // [SILO-LOG-OPEN-2]
                    file.sync();
                }
            }
            faults.at("log.start.created");
            // [SILO-LOG-EPOCH-1]
            epoch = Math.max(epoch, epochFloor) + 1;
            startCycle(reason, previousCycle, timeMs);
            // [SILO-LOG-EPOCH-2]
            syncStore();
            faults.at("log.start.synced");
            state = State.STARTED;
            window = null;
            // [SILO-LOG-EPOCH-3]
            writeMark(false);
            faults.at("log.start.marked");
        } catch (LogException e) {
            throw e.isFatal() ? fail(e) : e;
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
        if (recovered.cutOff() != null) {
            LOGGER.warn("{}", recovered.cutOff());
        }
        long firstCycle = recovered.mark() == null ? 0 : recovered.mark().firstCycle();
        for (long dead : recovered.deadCycles()) {
            if (dead < firstCycle) {
                store.beginLetGo(dead);
            } else {
                store.beginDelete(dead);
            }
        }
    }

    /** Makes the cycle that is ready the active one. Appended, not durable. */
    private void startCycle(CycleStarted.Reason reason, long previousCycle, long timeMs) {
        CyclePreamble preamble = next.take();
        // [SILO-LOG-OPEN-3]
        var started = new CycleStarted(
                reason,
                epoch,
                end.position() + 1,
                previousCycle,
                end.position(),
                end.crc(),
                preamble.crc(),
                context.bootIdHigh(),
                context.bootIdLow(),
                timeMs);
        started.encode(control);
        isStartDurable = false;
        controlDocument.clear().putInt(0, CycleStarted.BYTES);
        long offset = store.append(controlDocument) + DocumentCursor.HEADER_BYTES;
        active = cycles.add(new Cycle(
                new CycleHeader(
                        preamble.cycle(),
                        CycleHeader.State.STARTED,
                        preamble,
                        started,
                        DocumentCursor.align(offset + CycleStarted.BYTES)),
                layout));
    }

    /** Fencing number of this opening; every record carries it. 0 before the first {@link #start}. */
    public long shardEpoch() {
        return epoch;
    }

    /** Position that the next append will return, unless it has to roll: then one more. */
    public long nextPosition() {
        return end.position() + 1;
    }

    /** Last record appended, or {@link #NULL_POSITION}. */
    public long appendedPosition() {
        return end.position();
    }

    /** Last record in the page cache, which a process that is killed does not lose, or {@link #NULL_POSITION}. */
    public long writtenPosition() {
        return end.writtenPosition();
    }

    /** Last record known to be on the disk, or {@link #NULL_POSITION}. */
    public long durablePosition() {
        return sync.durablePosition();
    }

    /** First position that is still readable; {@link #nextPosition()} if none is. */
    public long firstPosition() {
        if (!cycles.isEmpty()) {
            return cycles.oldest().firstPosition();
        }
        return recovered.chain().isEmpty()
                ? end.position() + 1
                : recovered.chain().get(0).requireStarted().firstPosition();
    }

    /** First position of each cycle of the log, ascending; before a replay too. Empty for one that was never started. */
    public long[] cycleFirstPositions() {
        return cycles.isEmpty()
                ? recovered.chain().stream()
                        .mapToLong(cycle -> cycle.requireStarted().firstPosition())
                        .toArray()
                : cycles.firstPositions();
    }

    /** First position of the active cycle. */
    public long activeFirstPosition() {
        return requireActive().firstPosition();
    }

    /** Bytes at which a cycle is rolled. */
    public long cycleBytes() {
        return context.cycleBytes();
    }

    /** Retained cycles, the active one too. */
    public int cycleCount() {
        return cycles.count();
    }

    /**
     * How much may still be appended: what the disk's free space allows. LOW at least while there is no space for the next cycle, FLOOR
     * once that one is needed.
     */
    public DiskState diskState() {
        checkUsable();
        DiskState disk = store.diskState();
        if (disk == DiskState.FLOOR || !isNextWithoutSpace()) {
            return disk;
        }
        return mustRoll(ROOM_BYTES_MIN) ? DiskState.FLOOR : DiskState.LOW;
    }

    /**
     * Whether a record of this length can be appended now. False while the next cycle is not ready or the hard floor is reached;
     * the caller answers BUSY or DISK_FULL and nothing was touched. True holds for the next append of at most this length, whatever
     * becomes of the disk meanwhile.
     *
     * @param recordBytes header included, at most {@link #RECORD_BYTES_MAX}.
     */
    public boolean hasRoom(int recordBytes) {
        checkStarted();
        if (store.diskState() == DiskState.FLOOR) {
            return false;
        }
        if (mustRoll(recordBytes)) {
            return isNextReady();
        }
        return end.hasBlocks(recordBytes);
    }

    /**
     * As {@link #hasRoom}, and rolls now if the record might need it: after true, {@link #nextPosition} is the position of the next
     * record of at most this length. For callers whose events name their own position.
     *
     * @param recordBytes header included, at most {@link #RECORD_BYTES_MAX}.
     * @param timeMs of the roll, should there be one.
     * @throws LogException FATAL if the roll fails; the log is closed then.
     */
    public boolean reserve(int recordBytes, long timeMs) {
        return hasRoom(recordBytes) && (!mustRoll(recordBytes) || tryRoll(timeMs));
    }

    /**
     * Rolls now, however little the active cycle holds, one record at least. False while the next cycle is not ready, which is being
     * seen to, or the hard floor is reached.
     *
     * @param timeMs of the roll.
     * @throws LogException FATAL if the roll fails; the log is closed then.
     */
    public boolean tryRoll(long timeMs) {
        checkStarted();
        if (store.diskState() == DiskState.FLOOR || !isNextReady()) {
            return false;
        }
        try {
            roll(timeMs);
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
        return true;
    }

    /** Whether the log can be rolled now; if not, that is being seen to. */
    private boolean isNextReady() {
        try {
            next.request();
            return next.isReady();
        } catch (RuntimeException e) {
            throw fail(e);
        }
    }

    private boolean isNextWithoutSpace() {
        try {
            return next.isWithoutSpace();
        } catch (RuntimeException e) {
            throw fail(e);
        }
    }

    /**
     * Appends one record: fills the header at {@code offset}, chains the CRC, copies it to memory of the log. Not durable yet, and in the
     * page cache only with the next {@link #write()}.
     *
     * @param offset where {@link #HEADER_BYTES} of room begin; the events follow.
     * @param length of header room and events together, at most {@link #RECORD_BYTES_MAX}.
     * @param eventCount from 0 to 65,535.
     * @param timeMs of the command.
     * @return the record's position.
     * @throws LogException DISK_FULL or CYCLE_NOT_READY if there is no room, which {@link #hasRoom} says before; nothing was touched.
     *     FATAL if the store fails; the log is closed then.
     */
    public long append(MutableDirectBuffer buffer, int offset, int length, int eventCount, long timeMs) {
        if (length < HEADER_BYTES || length > RECORD_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "record length must be within " + HEADER_BYTES + " and " + RECORD_BYTES_MAX + ", not " + length);
        }
        if (eventCount < 0 || eventCount > RecordLayout.EVENT_COUNT_MAX) {
            throw new IllegalArgumentException("event count must be within 0 and 65535, not " + eventCount);
        }
        checkStarted();
        boolean isRolling = mustRoll(length) || !end.hasBlocks(length);
        if (isRolling && !isNextReady()) {
            throw sentences.noRoom(length, store.diskState() == DiskState.FLOOR || isNextWithoutSpace());
        }
        try {
            if (isRolling) {
                roll(timeMs);
            }
            appendRecord(buffer, offset, length, eventCount, timeMs, RecordLayout.KIND_EVENTS);
            next.prepare();
            return end.position();
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    private void appendRecord(
            MutableDirectBuffer buffer, int offset, int length, int eventCount, long timeMs, int kind) {
        // [SILO-LOG-APPEND-2] [SILO-LOG-APPEND-3]
        RecordLayout.encodeHeader(
                buffer, offset, length, sync.durablePosition(), epoch, end.position() + 1, timeMs, eventCount, kind);
        end.append(requireActive(), buffer, offset, length);
        sync.appended(length);
    }

    /**
     * Hands what was appended over to the page cache: from here on readers find it, and a process that is killed does not lose it. Before
     * anybody is told of a record, and before another thread is asked to read it.
     *
     * @throws LogException STORE_FAILED, FATAL: what lies behind {@link #writtenPosition()} must not be acknowledged any more.
     */
    public void write() {
        if (end.writtenPosition() == end.position()) {
            return;
        }
        checkStarted();
        try {
            end.write();
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    private boolean mustRoll(int recordBytes) {
        return requireActive().count() > 0 && end.isFullFor(recordBytes);
    }

    private void roll(long timeMs) {
        Cycle full = requireActive();
        control.putLong(HEADER_BYTES, next.number(), ByteOrder.LITTLE_ENDIAN);
        appendRecord(control, 0, RecordLayout.CYCLE_CLOSED_BYTES, 0, timeMs, RecordLayout.KIND_CYCLE_CLOSED);
        faults.at("log.roll.closed");
        // [SILO-LOG-ROLL-1]
        syncStore();
        faults.at("log.roll.synced");
        startCycle(CycleStarted.Reason.ROLLED, full.number(), timeMs);
        isMarkDue = true;
        faults.at("log.roll.started");
    }

    /** What goes wrong by plan; the log's owner names its own sites to it. */
    public FaultPlan faults() {
        return faults;
    }

    /** Whether anything is appended that is not durable. */
    public boolean isDirty() {
        return sync.isDirty();
    }

    /**
     * Makes everything appended durable, on this thread. The first failure is final.
     *
     * @throws LogException SYNC_FAILED, FATAL: what lies behind {@link #durablePosition()} must not be acknowledged any more.
     */
    public void sync() {
        checkStarted();
        if (!isDirty()) {
            return;
        }
        try {
            syncStore();
            markIfDue();
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    private void syncStore() {
        sync.run();
        isStartDurable = true;
    }

    /** As {@link #sync()} on the store's own thread: returns at once; {@link #awaitSync()} finishes it. Appends may come in between. */
    public void beginSync() {
        checkStarted();
        if (!isDirty()) {
            return;
        }
        try {
            sync.begin();
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    /**
     * Waits for the sync that was begun, if one was.
     *
     * @throws LogException as {@link #sync()}.
     */
    public void awaitSync() {
        checkStarted();
        try {
            if (sync.await()) {
                isStartDurable = true;
                markIfDue();
            }
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    /** The first durable record of a cycle is not acknowledged before the mark names the cycle: it could vanish unnoticed. */
    private void markIfDue() {
        // [SILO-LOG-ACK-2]
        if (isMarkDue) {
            writeMark(false);
        }
    }

    private void writeMark(boolean isClean) {
        if (!isStartDurable) {
            // A roll that no record followed yet: not dirty, but the mark may only name a cycle whose start is durable.
            syncStore();
        }
        // [SILO-LOG-MARK-1]
        marks.write(
                requireActive().number(),
                sync.durablePosition(),
                sync.durableCrc(),
                epoch,
                cycles.oldest().number(),
                isClean);
        isMarkDue = false;
    }

    /**
     * Work behind deadlines: marks, the sync of what was only appended, cycles ahead, deletion of trimmed ones.
     *
     * @param nowNs monotonic clock.
     * @return work count.
     */
    public int doWork(long nowNs) {
        checkStarted();
        try {
            int workCount = store.doWork(nowNs) + cycles.deleteUnpinned();
            workCount += syncAppended(nowNs);
            if (!isDirty() && marks.isDue(durablePosition(), nowNs, context.markIdleNs())) {
                writeMark(false);
                workCount++;
            }
            return workCount + next.doWork(nowNs);
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    /** Syncs what nobody waits for, beside the appends that go on. */
    private int syncAppended(long nowNs) {
        if (sync.poll()) {
            isStartDurable = true;
            markIfDue();
            return 1;
        }
        if (!sync.isDue(nowNs)) {
            return 0;
        }
        sync.begin();
        return 1;
    }

    /**
     * Reads {@code length} bytes of the events of the record at {@code position}, from {@code offset} behind its header. Recently
     * appended records come from memory; others from the file, which may take milliseconds.
     *
     * @return a view valid until the next call on this log.
     * @throws LogException POSITION_UNKNOWN if the position is trimmed or was never appended, STORE_FAILED if the read fails,
     *     RECORD_DAMAGED if another record lies there. None of them closes the log.
     * @throws IndexOutOfBoundsException if the record is shorter.
     */
    public DirectBuffer read(long position, int offset, int length) {
        checkUsable();
        return reader.read(position, offset, length);
    }

    /** Whether {@link #read} would be answered from memory. */
    public boolean isRecent(long position) {
        return tail.indexOf(position) >= 0;
    }

    /**
     * Hands a whole record over from memory, written or not, of a log that was closed too.
     *
     * @return false if it is not recent, or one of the log's own.
     */
    public boolean readRecent(long position, RecordHandler handler) {
        int index = tail.indexOf(position);
        DirectBuffer records = tail.view();
        if (index < 0 || RecordLayout.kind(records, index) != RecordLayout.KIND_EVENTS) {
            return false;
        }
        handler.onRecord(
                position,
                RecordLayout.shardEpoch(records, index),
                RecordLayout.timeMs(records, index),
                RecordLayout.eventCount(records, index),
                records,
                index + HEADER_BYTES,
                RecordLayout.length(records, index) - HEADER_BYTES);
        return true;
    }

    /** A reader for another thread. It pins the cycle it reads. */
    public LogReader newReader() {
        checkUsable();
        return new PinnedLogReader(store, cycles, faults, new Corruption(store, identity));
    }

    /** A reader for scans on another thread or this one: it keeps what it read last. It pins the cycles that it reads. */
    public LogReader newScanningReader() {
        checkUsable();
        return new ScanningLogReader(store, cycles, faults, new Corruption(store, identity));
    }

    /** Last position of the oldest cycle, or {@link #NULL_POSITION} if only the active cycle is left. */
    public long oldestCycleLastPosition() {
        return oldestCyclesLastPosition(0);
    }

    /**
     * Last position of the oldest cycles that hold at least so many bytes together, of one at least, of the active one never.
     *
     * @return {@link #NULL_POSITION} if only the active cycle is left.
     */
    public long oldestCyclesLastPosition(long bytes) {
        return cycles.count() < 2 ? NULL_POSITION : cycles.oldestLastPosition(bytes);
    }

    /** Has the oldest cycle brought into the page cache, since its records are about to be read here. */
    public void readAheadOldest() {
        if (cycles.count() > 1) {
            store.beginReadAhead(cycles.oldest().number());
        }
    }

    /** Bytes of the oldest cycle's records. */
    public long oldestCycleBytes() {
        return cycles.isEmpty() ? 0 : cycles.oldest().endOffset();
    }

    /** Bytes of all retained records. */
    public long retainedBytes() {
        return cycles.bytes();
    }

    /**
     * Lets go of cycles that lie wholly before {@code position}, which must be durable. Deletion happens off this thread; a cycle that
     * a {@link LogReader} has pinned waits for it.
     *
     * @throws LogException FATAL if the mark cannot be written.
     */
    public void trimBefore(long position) {
        checkStarted();
        if (position > durablePosition() + 1) {
            throw new IllegalArgumentException(
                    "cannot trim before position " + position + ": only " + durablePosition() + " is durable");
        }
        try {
            if (cycles.trimBefore(position)) {
                // The mark names the first retained cycle before any file goes: the gap is no loss.
                // [SILO-TRIM-2]
                writeMark(false);
                faults.at("log.trim.marked");
                // [SILO-TRIM-3]
                cycles.deleteUnpinned();
            }
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
    }

    /** Syncs, marks the end and closes. After a failure it only closes. Later calls do nothing. */
    @Override
    public void close() {
        if (state == State.CLOSED || state == State.FAILED) {
            return;
        }
        try {
            if (state == State.STARTED) {
                awaitSync();
                sync();
                writeMark(true);
            }
        } catch (RuntimeException | Error e) {
            throw fail(e);
        }
        state = State.CLOSED;
        reader.close();
        store.close();
    }

    private RuntimeException fail(Throwable cause) {
        if (state == State.FAILED) {
            return cause instanceof LogException e ? e : sentences.closed(failure);
        }
        state = State.FAILED;
        failure = cause;
        reader.close();
        store.close();
        return sentences.failed(cause);
    }

    private void checkUsable() {
        if (state == State.FAILED || state == State.CLOSED) {
            throw sentences.closed(failure);
        }
    }

    private void checkStarted() {
        checkUsable();
        if (state != State.STARTED) {
            throw new IllegalStateException("the log was not started");
        }
    }

    private void checkNotStarted() {
        checkUsable();
        if (state == State.STARTED) {
            throw new IllegalStateException("the log was started already");
        }
    }

    private Cycle requireActive() {
        return Objects.requireNonNull(active);
    }
}
