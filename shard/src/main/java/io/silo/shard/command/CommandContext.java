package io.silo.shard.command;

import io.silo.log.DiskState;
import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.ErrorReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.Refreshes;
import io.silo.shard.state.ShardState;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a decider is given: the state to read, the record to write events into, the reply to fill, the one reading of the clock.
 * One per shard, reused for every command. Shard thread only; does not allocate.
 */
public final class CommandContext {
    /** Length of the message header before every command and reply. */
    private static final int MESSAGE_HEADER_BYTES = MessageHeaderDecoder.ENCODED_LENGTH;

    private final ShardState state;
    private final RecordBuffer record;
    private final EventLog log;
    private final ShardSettings settings;
    private final ShardRandom random;
    private final Uploads uploads;
    private final WaitingCalls waitingCalls;
    private final ColdReads coldReads;
    private final ReadAhead readAhead;
    private final UnsafeBuffer reply = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
    private final MessageHeaderEncoder replyMessageHeader = new MessageHeaderEncoder();
    private final ErrorReplyEncoder errorReply = new ErrorReplyEncoder();
    private final CommandHeaderDecoder header = new CommandHeaderDecoder();
    private @Nullable Session session;
    private long nowMs;
    private long monotonicMs;
    private int replyLength;
    private int replyCode;
    private long touchedPosition;
    private long openedPosition;
    private long lastChangeBefore = Long.MAX_VALUE;

    public CommandContext(
            ShardState state,
            RecordBuffer record,
            EventLog log,
            ShardSettings settings,
            ShardRandom random,
            WaitingCalls waitingCalls,
            ColdReads coldReads,
            ReadAhead readAhead) {
        this.state = state;
        this.record = record;
        this.log = log;
        this.settings = settings;
        this.random = random;
        this.uploads = new Uploads();
        this.waitingCalls = waitingCalls;
        this.coldReads = coldReads;
        this.readAhead = readAhead;
    }

    /**
     * Starts a command of a client.
     *
     * @param recordBytesMax what the log reserved for its record.
     */
    public void begin(
            Session commandSession,
            DirectBuffer buffer,
            int offset,
            long commandNowMs,
            long commandMonotonicMs,
            int recordBytesMax) {
        session = commandSession;
        header.wrap(buffer, offset + MESSAGE_HEADER_BYTES);
        beginInternal(commandNowMs, commandMonotonicMs, recordBytesMax);
    }

    /** Starts an internal command: it has no header; a reply it makes is a push. */
    public void beginInternal(long commandNowMs, long commandMonotonicMs, int recordBytesMax) {
        nowMs = commandNowMs;
        monotonicMs = commandMonotonicMs;
        replyLength = 0;
        replyCode = RejectReason.OK;
        touchedPosition = EventLog.NULL_POSITION;
        record.begin(log.nextPosition(), log.shardEpoch(), commandNowMs, recordBytesMax);
    }

    // ---- what a decider reads
    // -----------------------------------------------------------------------------------------------

    public ShardView view() {
        return state;
    }

    /** Header of the client's command. */
    public CommandHeaderDecoder header() {
        return header;
    }

    /** Session of the client's command. */
    public Session session() {
        final Session current = session;
        if (current == null) {
            throw new IllegalStateException("an internal command has no session");
        }
        return current;
    }

    /** Shard clock, Unix epoch ms: read once for the duty cycle. */
    public long nowMs() {
        return nowMs;
    }

    /** Monotonic ms: what durations are counted by. */
    public long monotonicMs() {
        return monotonicMs;
    }

    public ShardSettings settings() {
        return settings;
    }

    public ShardRandom random() {
        return random;
    }

    public Uploads uploads() {
        return uploads;
    }

    public WaitingCalls waitingCalls() {
        return waitingCalls;
    }

    /** For reads elsewhere of whatever was appended. */
    public ColdReads coldReads() {
        writeLog();
        return coldReads;
    }

    /** Lets readers find whatever was appended. */
    void writeLog() {
        log.write();
    }

    ReadAhead readAhead() {
        return readAhead;
    }

    /** Whether the client wants its answer from the page cache. */
    public boolean isAppendedEnough() {
        return header.durability() == Durability.APPENDED;
    }

    /** Bytes of a job's JobEnqueued event; valid until the next read. */
    public DirectBuffer definition(int slot) {
        return log.read(
                state.jobs().definitionPosition(slot),
                state.jobs().definitionOffset(slot),
                state.jobs().definitionLength(slot));
    }

    /** First record of the log that is retained. */
    long firstPosition() {
        return log.firstPosition();
    }

    /**
     * To be called once the log is open.
     *
     * @param lastJobChange before it was opened.
     */
    public void opened(long lastJobChange) {
        openedPosition = log.nextPosition();
        lastChangeBefore = lastJobChange;
    }

    /**
     * Where to read on from a position, for all that changes jobs. A position before the first that is retained is as good as that one if
     * nothing of a job lay between: so is the end of a log that was closed, opened and then cleaned up to its new cycle.
     *
     * @return negative if records are gone that changed jobs, or may have.
     */
    long followedFrom(long position) {
        final long first = firstPosition();
        if (position >= first) {
            return position;
        }
        return position > lastChangeBefore && first <= openedPosition ? first : -1;
    }

    /** Last record that is durable. */
    long durablePosition() {
        return log.durablePosition();
    }

    /** Last record. */
    long appendedPosition() {
        return log.appendedPosition();
    }

    /** Why new work is refused now, or null. */
    public @Nullable RejectReason refusalOfNewWork() {
        if (state.bytes() > settings.memoryBytesMax()) {
            return RejectReason.MEMORY_FULL;
        }
        return log.diskState() == DiskState.OK ? null : RejectReason.DISK_FULL;
    }

    /** Who is to find floating limits out; volatile. */
    Refreshes refreshes() {
        return state.floatingLimits().refreshes();
    }

    // ---- what a decider writes
    // ----------------------------------------------------------------------------------------------

    public RecordBuffer record() {
        return record;
    }

    /** Sets a lease's deadline and session: volatile, so not an event. */
    public void renewLease(int lease, long sessionId) {
        state.leaseTimers().renew(lease, monotonicMs + state.leases().leaseMs(lease), sessionId);
    }

    /** Takes one from what a tenant may enqueue this second; false if none is left. Volatile, so not an event. */
    boolean takeEnqueue(int tenant) {
        return state.takeEnqueue(tenant, monotonicMs);
    }

    /** Bounds the run of a lease that begins now; 0 = no bound. Volatile. */
    public void boundRun(int lease, int maxRunMs) {
        if (maxRunMs != 0) {
            state.leaseTimers().boundRun(lease, monotonicMs + maxRunMs);
        }
    }

    /** The answer speaks of this record: it waits until that is durable. */
    public void touch(long position) {
        touchedPosition = Math.max(touchedPosition, position);
    }

    /** The answer speaks of the state as a whole: it waits until all that was appended so far is durable. */
    public void touchAll() {
        touch(log.appendedPosition());
    }

    /** Where a reply is encoded, message header first, from offset 0. */
    public MutableDirectBuffer reply() {
        return reply;
    }

    public MessageHeaderEncoder replyMessageHeader() {
        return replyMessageHeader;
    }

    /** Ends a reply; its header is filled in by the shard. */
    public void replied(int limit) {
        replyLength = limit;
        replyCode = RejectReason.OK;
    }

    /** The answer comes later, from a call that waits or a read that goes to the log. */
    public void noReply() {
        replyLength = 0;
    }

    /** Refuses the whole command. */
    public void reject(RejectReason reason) {
        errorReply.wrapAndApplyHeader(reply, 0, replyMessageHeader);
        errorReply.retryAfterMs(0).message("");
        replyLength = errorReply.limit();
        replyCode = reason.code();
    }

    // ---- what the shard takes away
    // ------------------------------------------------------------------------------------------

    /** Length of the reply, 0 if there is none (yet). */
    public int replyLength() {
        return replyLength;
    }

    public int replyCode() {
        return replyCode;
    }

    /** Latest record that the answer speaks of, or {@link EventLog#NULL_POSITION}. */
    public long touchedPosition() {
        return touchedPosition;
    }
}
