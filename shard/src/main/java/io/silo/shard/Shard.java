package io.silo.shard;

import io.silo.log.DiskState;
import io.silo.log.EventLog;
import io.silo.log.FaultPlan;
import io.silo.log.LogException;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.DigestRecordedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.ShardOpenedEncoder;
import io.silo.protocol.reply.Durability;
import io.silo.shard.carry.LogCleaner;
import io.silo.shard.command.AttemptEnds;
import io.silo.shard.command.ColdRead;
import io.silo.shard.command.CommandContext;
import io.silo.shard.command.CommandDecider;
import io.silo.shard.command.CommandDeciders;
import io.silo.shard.command.JobChanges;
import io.silo.shard.command.JobImports;
import io.silo.shard.command.LeaseEnds;
import io.silo.shard.command.ReadAhead;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.command.TaskGrants;
import io.silo.shard.command.TenantFilter;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.event.Replayer;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardState;
import io.silo.shard.state.ShardView;
import java.util.function.IntConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One shard: decides a command, applies its events as they come, appends them as one record, parks the reply until that record is
 * durable. Owned by a {@link ShardAgent}; shard thread only; does not allocate in steady state.
 *
 * <pre>
 *   RECOVERING --recover--> OPEN --close--> CLOSED
 *                             |  any exception, or a failed append or sync
 *                             +------------------------------------------> FAILED   (state is not used again, commands get SHARD_CLOSED)
 * </pre>
 */
public final class Shard {
    /** Start times that come due are moved to the ready queue so many a duty cycle, so that a storm of them delays nobody. */
    static final int START_TIMERS_PER_CYCLE = 4_096;

    /** A digest is recorded every so many records (design, section 2). */
    private static final long RECORDS_PER_DIGEST = 1_000_000;

    private static final int RECORD_BYTES_MIN = CommandDeciders.RECORD_BYTES_MIN;

    private static final int MESSAGE_HEADER_BYTES = MessageHeaderDecoder.ENCODED_LENGTH;

    /** Session ids are above 0; a lease that nobody claimed has session 0. */
    private static final long NO_SESSION = -1;

    private enum Status {
        RECOVERING,
        OPEN,
        FAILED,
        CLOSED
    }

    private final ShardSettings settings;
    private final ShardContext context;
    private final EventLog log;
    private final FaultPlan faults;
    private final ShardReplies replies;
    private final ShardState state;
    private final LeaseTerms leaseTerms;
    private final ShardCounters counters = new ShardCounters();
    private final EventAppliers appliers = new EventAppliers();
    private final RecordBuffer record;
    private final CommandContext command;
    private final AttemptEnds attemptEnds = new AttemptEnds(counters);
    private final LeaseEnds leaseEnds = new LeaseEnds(attemptEnds);
    private final TaskGrants grants = new TaskGrants(leaseEnds);
    private final CommandDeciders deciders;
    private final TimedCommands timed;
    private final WaitingCommands waiting;
    private final LogCleaner cleaner;
    private final ShardGauges gauges;
    private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
    private final CommandHeaderDecoder commandHeader = new CommandHeaderDecoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final ShardOpenedEncoder shardOpened = new ShardOpenedEncoder();
    private final DigestRecordedEncoder digestRecorded = new DigestRecordedEncoder();
    private Status status = Status.RECOVERING;
    private final IntConsumer returnOfClosedSession = this::returnOfClosedSession;
    private long closedSession = NO_SESSION;
    private DiskState diskState = DiskState.OK;
    private long recordsSinceDigest;
    private long nowMs;
    private long monotonicMs;

    public Shard(ShardContext context) {
        this.context = context;
        this.settings = context.settings();
        this.log = context.log();
        this.faults = log.faults();
        this.replies = new ShardReplies(context, counters);
        this.state = new ShardState(context.random().nextLong(), context.capacity());
        this.leaseTerms = new LeaseTerms(state);
        state.rateWork().askOf(context.rateService(), counters);
        state.floatingLimits().refreshes().countIn(counters);
        this.record = new RecordBuffer(appliers, state, counters);
        this.waiting = new WaitingCommands(settings.shard(), state, new Waited());
        this.command = new CommandContext(
                state,
                record,
                log,
                settings,
                context.random(),
                waiting,
                context.coldReads(),
                new ReadAhead(settings.shard(), state, log, context.coldReads(), counters));
        final JobChanges changes = new JobChanges();
        this.deciders = new CommandDeciders(grants, attemptEnds, changes, new JobImports(log::newReader));
        this.timed = new TimedCommands(new Internal(), command, state, counters, leaseEnds, changes);
        this.cleaner = new LogCleaner(state, log, counters);
        this.gauges = new ShardGauges(counters, state, log, replies, cleaner);
    }

    /**
     * Replays the log and opens it for appending under the next epoch: ShardOpened is durable on return, and every lease has its full
     * length again.
     *
     * @return events replayed.
     * @throws LogException as {@link EventLog#start}: DISK_FULL where not even the new cycle finds space.
     */
    public long recover(long wallMs) {
        final Replayer replayer = new Replayer(state, appliers, log.firstPosition());
        state.liveBytes().begin(log.cycleFirstPositions());
        log.replay(replayer);
        replayer.finish();
        faults.at("shard.replayed");
        nowMs = Math.max(wallMs, state.lastTimeMs());
        log.start(nowMs);
        command.opened(replayer.lastJobChange());
        followLog();
        // Without a look at the watermarks: the new cycle has blocks for this record, and reads are answered on a full
        // disk.
        command.beginInternal(nowMs, monotonicMs, RECORD_BYTES_MIN);
        shardOpened
                .wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .shardEpoch(log.shardEpoch())
                .bootIdHigh(context.bootIdHigh())
                .bootIdLow(context.bootIdLow());
        record.commit(shardOpened.limit());
        append();
        log.sync();
        faults.at("shard.opened");
        status = Status.OPEN;
        // [SILO-OPEN-1]
        renewLeases();
        gauges.publish();
        return replayer.events();
    }

    // ---- for the agent
    // ------------------------------------------------------------------------------------------------------

    void join(Subscriptions threadSubscriptions) {
        waiting.join(threadSubscriptions);
    }

    /** Takes the cycle's one reading of the clock. */
    void time(long cycleNowMs, long cycleMonotonicMs) {
        nowMs = Math.max(nowMs, cycleNowMs);
        monotonicMs = cycleMonotonicMs;
        state.leaseTimers().beginCycle(cycleMonotonicMs);
        waiting.time(cycleMonotonicMs);
    }

    /** Gives every lease its full length from now, and to nobody's session until its worker claims it. */
    void renewLeases() {
        if (status == Status.OPEN) {
            leaseTerms.beginAnew(nowMs, monotonicMs);
        }
    }

    /** What was granted or renewed in this duty cycle leaves only now, so long after. */
    void postponeLeases(long heldMs) {
        if (status == Status.OPEN) {
            leaseTerms.postpone(monotonicMs, heldMs);
        }
    }

    boolean isOpen() {
        return status == Status.OPEN;
    }

    /** Whether a reply of any length can be parked; if not, no command may be decided. A shard that failed parks none. */
    boolean hasRoomForReply() {
        if (status != Status.OPEN) {
            return true;
        }
        try {
            return replies.hasRoom();
        } catch (Throwable failure) {
            fail(failure);
            return true;
        }
    }

    /**
     * Decides a client's command. Catches everything: a failure closes this shard only.
     *
     * @return whether it was decided, item by item; false if it was refused as a whole.
     */
    boolean onCommand(Session session, DirectBuffer buffer, int offset, int length) {
        messageHeader.wrap(buffer, offset);
        final int templateId = messageHeader.templateId();
        counters.countCommand(templateId);
        commandHeader.wrap(buffer, offset + MESSAGE_HEADER_BYTES);
        final CommandDecider decider = deciders.find(templateId);
        // In the order of RejectReason.
        if (commandHeader.durabilityRaw() > Durability.APPENDED.value()) {
            refuse(session, buffer, offset, RejectReason.MALFORMED_FRAME);
        } else if (decider == null) {
            refuse(session, buffer, offset, RejectReason.UNSUPPORTED);
        } else if (commandHeader.shardEpoch() != 0 && commandHeader.shardEpoch() != log.shardEpoch()) {
            refuse(session, buffer, offset, RejectReason.STALE_EPOCH);
        } else if (status != Status.OPEN) {
            refuse(session, buffer, offset, RejectReason.SHARD_CLOSED);
        } else {
            return decide(decider, session, buffer, offset, length);
        }
        return false;
    }

    private boolean decide(CommandDecider decider, Session session, DirectBuffer buffer, int offset, int length) {
        try {
            messageHeader.wrap(buffer, offset);
            final boolean appends = deciders.appends(messageHeader.templateId());
            final int recordBytes = deciders.recordBytes(messageHeader.templateId(), length);
            if (appends && !reserve(recordBytes)) {
                refuse(
                        session,
                        buffer,
                        offset,
                        log.diskState() == DiskState.OK ? RejectReason.BUSY : RejectReason.DISK_FULL);
                return false;
            }
            command.begin(session, buffer, offset, nowMs, monotonicMs, appends ? recordBytes : 0);
            decider.decide(command, buffer, offset, length);
            final boolean isDecided = command.replyCode() == RejectReason.OK;
            finish(session, command.header().correlationId(), command.isAppendedEnough());
            return isDecided;
        } catch (IndexOutOfBoundsException | IllegalArgumentException malformed) {
            // The frame was checked before it came here; should that ever miss something, one client's bytes must not
            // close a
            // shard. Only while nothing was decided: behind the first event memory and record have to agree.
            if (record.eventCount() > 0) {
                fail(malformed);
            } else {
                context.listener().onMalformedCommand(settings.shard(), malformed);
                refuse(session, buffer, offset, RejectReason.MALFORMED_FRAME);
            }
        } catch (Throwable failure) {
            fail(failure);
        }
        return false;
    }

    /** Earliest moment of the wall's clock at which something is due, or {@link Long#MAX_VALUE}. */
    long nextWallTimerMs() {
        if (status != Status.OPEN) {
            return Long.MAX_VALUE;
        }
        final long rateWaitMs = state.rateWork().waitMs();
        final long rateMs = rateWaitMs == Long.MAX_VALUE ? rateWaitMs : nowMs + rateWaitMs;
        return Math.min(
                Math.min(
                        state.nextStartMs(),
                        Math.min(rateMs, state.floatingLimits().refreshes().nextDueMs())),
                Math.min(state.nextStartDeadlineMs(), state.schedules().nextFireMs()));
    }

    /** Makes jobs ready whose start time has come: before commands are drained, so that a poll at that moment gets them. */
    int fireStartTimers() {
        if (status != Status.OPEN) {
            return 0;
        }
        try {
            state.rateWork().time(nowMs, monotonicMs);
            final int started = state.pollStartTimers(nowMs, START_TIMERS_PER_CYCLE)
                    + state.rateWork().exchange();
            return state.settleLimits(monotonicMs) ? started + 1 : started;
        } catch (Throwable failure) {
            fail(failure);
            return 0;
        }
    }

    /**
     * Ends leases that expired, by what was drained until {@code drainedUntilMs} (monotonic), jobs that were not started in time, and
     * waits that are over.
     */
    int fireTimers(long drainedUntilMs) {
        if (status != Status.OPEN) {
            return 0;
        }
        try {
            final int work = timed.run(nowMs, drainedUntilMs);
            return work + waiting.answerExpired() + waiting.answerOffered();
        } catch (Throwable failure) {
            fail(failure);
            return 1;
        }
    }

    /**
     * Grants ready tasks of a group to a subscriber, up to its fair share of what is ready.
     *
     * @param share upper bound on tasks.
     * @return tasks granted; for a waiting call 1 once it is answered.
     */
    int grant(Subscription subscriber, int taskGroup, int share) {
        if (!hasRoomForReply()) {
            return 0;
        }
        try {
            final int tenant =
                    TenantFilter.resolve(subscriber.session, state, subscriber.tenant, 0, subscriber.tenant.capacity());
            if (tenant == TenantFilter.UNKNOWN
                    || (tenant != TaskGrants.ANY_TENANT && state.peekReady(taskGroup, tenant) == RowSlab.NULL_SLOT)) {
                return 0;
            }
            if (!state.hasRoomForLeases(1)) {
                return 0;
            }
            if (subscriber.isCall()) {
                redecide(subscriber.session, subscriber.call, subscriber.deadlineMs - monotonicMs);
                return 1;
            }
            if (!beginInternal(RECORD_BYTES_MIN)) {
                return 0;
            }
            final int granted = grants.grant(
                    command,
                    subscriber.id,
                    subscriber.session.id(),
                    taskGroup,
                    tenant,
                    share,
                    0,
                    0,
                    subscriber.worker,
                    0,
                    subscriber.worker.capacity());
            if (granted > 0) {
                subscriber.flow.pushed(command.replyLength());
                finish(subscriber.session, 0, subscriber.appendedEnough);
            } else {
                // Jobs that came up too late have failed all the same.
                finishInternal();
            }
            return granted;
        } catch (Throwable failure) {
            fail(failure);
            return 0;
        }
    }

    /** Answers a LeaseTasks call whose time is over. */
    void answerEmpty(Subscription call) {
        if (status != Status.OPEN) {
            refuse(call.session, call.call, 0, RejectReason.SHARD_CLOSED);
            return;
        }
        if (!hasRoomForReply()) {
            // Many calls may be over at once, and each may still find tasks: what cannot be answered is not decided.
            refuse(call.session, call.call, 0, RejectReason.BUSY);
            return;
        }
        redecide(call.session, call.call, 0);
    }

    /**
     * The session ended: what it waited for is forgotten.
     *
     * @param explicit the client closed it, so that the leases it holds are returned at once.
     */
    void onSessionClosed(Session session, boolean explicit) {
        if (status != Status.OPEN) {
            return;
        }
        try {
            waiting.onSessionClosed(session);
            command.uploads().onSessionClosed(session.id());
            if (explicit) {
                state.floatingLimits().refreshes().onSessionClosed(session.id());
            }
            // Without room the leases run to their expiry, as those of a lost session do.
            if (explicit && state.leases().count() > 0 && beginInternal(RECORD_BYTES_MIN)) {
                closedSession = session.id();
                state.forEachLease(returnOfClosedSession);
                if (closedSession != NO_SESSION) {
                    finishInternal();
                }
            }
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    private void returnOfClosedSession(int lease) {
        if (state.leases().session(lease) != closedSession) {
            return;
        }
        if (!leaseEnds.hasRoom(command)) {
            finishInternal();
            if (!beginInternal(RECORD_BYTES_MIN)) {
                closedSession = NO_SESSION;
                return;
            }
        }
        leaseEnds.returnLease(command, lease);
    }

    /** Takes back a read that was performed elsewhere. */
    void onRead(ColdRead read) {
        if (status != Status.OPEN) {
            refuse(read.session(), read.correlationId(), RejectReason.SHARD_CLOSED);
            return;
        }
        try {
            if (isReadAgain(read)) {
                return;
            }
            replies.send(
                    read.session(),
                    read.correlationId(),
                    read.isAppendedEnough(),
                    read.touchedPosition(),
                    read.replyCode(),
                    read.reply(),
                    read.replyLength());
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    /** A read that missed its records, because they were carried and their cycle trimmed meanwhile, goes to where they are; others may go on. */
    private boolean isReadAgain(ColdRead read) {
        final boolean isGone = read.replyCode() == RejectReason.RESULT_GONE.code();
        final ColdRead again = isGone ? read.again(state) : read.proceed(state, log.firstPosition());
        if (again == null) {
            return false;
        }
        if (!command.coldReads().submit(again)) {
            refuse(read.session(), read.correlationId(), RejectReason.BUSY);
        }
        return true;
    }

    /** Hands what was appended to the page cache, and sends what waits for no more than that. */
    void write() {
        if (status != Status.OPEN) {
            return;
        }
        try {
            replies.write();
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    /** Whether replies wait for a sync. */
    boolean isDirty() {
        return status == Status.OPEN && replies.isSyncWanted();
    }

    void sync() {
        try {
            log.sync();
            faults.at("shard.synced");
        } catch (Throwable failure) {
            fail(failure);
        }
        counters.add(Figure.SYNCS, 1);
    }

    void beginSync() {
        try {
            log.beginSync();
            counters.add(Figure.SYNCS, 1);
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    void awaitSync() {
        try {
            if (status == Status.OPEN) {
                log.awaitSync();
                faults.at("shard.synced");
            }
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    /** Sends what became durable, and does the log's own work. */
    int dispatch(long nowNs) {
        if (status != Status.OPEN) {
            return 0;
        }
        try {
            final int sent = replies.dispatch();
            if (sent > 0) {
                faults.at("shard.sent");
            }
            final int work = sent + carry(nowNs) + log.doWork(nowNs);
            publishDiskState();
            if (work > 0) {
                gauges.publish();
            }
            return work;
        } catch (Throwable failure) {
            fail(failure);
            return 1;
        }
    }

    /** Begins to carry the oldest cycle forward now; false if only the active one is left or a carry is under way. */
    public boolean carryOldestCycle() {
        return status == Status.OPEN && cleaner.beginNow(command.uploads());
    }

    /** What keeps the log short. Shard thread only. */
    public LogCleaner cleaner() {
        return cleaner;
    }

    /** One slice of the cleaner's work, as an internal command. */
    private int carry(long nowNs) {
        if (!cleaner.wantsSlice(command.uploads(), monotonicMs, nowNs) || !beginInternal(cleaner.bytesWanted())) {
            return 0;
        }
        final int work = cleaner.doSlice(record, nowMs);
        finishInternal();
        followLog();
        return work;
    }

    int pinTaskGroup(UnsafeBuffer name) {
        return status == Status.OPEN ? state.pinTaskGroup(name, 0, name.capacity()) : -1;
    }

    void unpinTaskGroup(int number) {
        if (status == Status.OPEN && number >= 0) {
            state.unpinTaskGroup(number);
        }
    }

    /** Records the digest, syncs, answers what is durable and closes the log. After a failure it only closes. Idempotent. */
    void close() {
        if (status == Status.OPEN) {
            try {
                faults.at("shard.close");
                recordDigest();
                log.sync();
                replies.write();
                replies.dispatch();
                status = Status.CLOSED;
                faults.at("shard.closed");
                waiting.refuseAll();
            } catch (Throwable failure) {
                fail(failure);
            }
        }
        try {
            log.close();
        } catch (Throwable failure) {
            fail(failure);
        }
    }

    /** Read-only face of the state: for scans, tests and tools on the shard's thread. */
    public ShardView view() {
        return state;
    }

    /** For tests after each step, and the slow recount. */
    public void checkInvariants() {
        state.checkInvariants();
    }

    public ShardCounters counters() {
        return counters;
    }

    public ShardSettings settings() {
        return settings;
    }

    public EventLog log() {
        return log;
    }

    // ---- one command
    // --------------------------------------------------------------------------------------------------------

    private void finish(Session session, long correlationId, boolean appendedEnough) {
        long touched = command.touchedPosition();
        if (record.eventCount() > 0) {
            touched = append();
            faults.at("shard.appended");
        }
        if (command.replyLength() > 0) {
            replies.send(
                    session,
                    correlationId,
                    appendedEnough,
                    touched,
                    command.replyCode(),
                    command.reply(),
                    command.replyLength());
        }
        afterRecord();
    }

    /** Starts an internal command; false if the log has no room for its record now. */
    private boolean beginInternal(int recordBytes) {
        if (!reserve(recordBytes)) {
            return false;
        }
        command.beginInternal(nowMs, monotonicMs, recordBytes);
        return true;
    }

    /** Room for a record in the log, which rolls for it if it has to. */
    private boolean reserve(int recordBytes) {
        if (!log.reserve(recordBytes, nowMs)) {
            return false;
        }
        followLog();
        return true;
    }

    private void followLog() {
        state.liveBytes().retained(log.firstPosition(), log.activeFirstPosition());
    }

    private void finishInternal() {
        if (record.eventCount() > 0) {
            append();
        }
        afterRecord();
    }

    private long append() {
        final long position = log.append(record.buffer(), 0, record.length(), record.eventCount(), command.nowMs());
        if (position != record.position()) {
            throw new IllegalStateException(
                    "record was decided for position " + record.position() + " but lies at " + position);
        }
        state.recordApplied(command.nowMs());
        counters.add(Figure.RECORDS_APPENDED, 1);
        counters.add(Figure.BYTES_APPENDED, record.length());
        cleaner.appended(record.length());
        recordsSinceDigest++;
        return position;
    }

    /** What follows from a record: answers to those who wait for a job's end, and a digest now and then. */
    private void afterRecord() {
        waiting.answerFinished(state.finished());
        if (recordsSinceDigest >= RECORDS_PER_DIGEST) {
            recordDigest();
        }
    }

    /** Decides a command again that was kept. It may find nothing again, and then waits for what is left of its time. */
    private void redecide(Session session, UnsafeBuffer kept, long waitMs) {
        KeptCommands.setWait(kept, messageHeader, Math.max(0, waitMs));
        final CommandDecider decider = deciders.find(messageHeader.templateId());
        if (decider != null) {
            decide(decider, session, kept, 0, kept.capacity());
        }
    }

    /** Without room it is left out: the next one says as much. */
    private void recordDigest() {
        if (!beginInternal(RECORD_BYTES_MIN)) {
            return;
        }
        digestRecorded
                .wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .digest(state.digest())
                .jobCount(state.jobs().count());
        record.commit(digestRecorded.limit());
        append();
        faults.at("shard.digest");
        recordsSinceDigest = 0;
    }

    private void refuse(Session session, DirectBuffer buffer, int offset, RejectReason reason) {
        commandHeader.wrap(buffer, offset + MESSAGE_HEADER_BYTES);
        refuse(session, commandHeader.correlationId(), reason);
    }

    private void refuse(Session session, long correlationId, RejectReason reason) {
        refuse(session, correlationId, reason, 0);
    }

    private void refuse(Session session, long correlationId, RejectReason reason, int retryAfterMs) {
        replies.refuse(session, correlationId, reason, retryAfterMs);
    }

    /** Refuses a command that the shard's thread has no time for. */
    void refuseBusy(Session session, DirectBuffer buffer, int offset, int retryAfterMs) {
        messageHeader.wrap(buffer, offset);
        counters.countCommand(messageHeader.templateId());
        commandHeader.wrap(buffer, offset + MESSAGE_HEADER_BYTES);
        refuse(session, commandHeader.correlationId(), RejectReason.BUSY, retryAfterMs);
    }

    private void fail(Throwable failure) {
        if (status != Status.FAILED) {
            status = Status.FAILED;
            context.listener().onShardFailed(settings.shard(), failure);
            waiting.refuseAll();
        }
    }

    /** Apart from the other gauges: it changes while nothing is done here. */
    private void publishDiskState() {
        final DiskState now = log.diskState();
        if (now != diskState) {
            diskState = now;
            counters.set(Figure.DISK_STATE, now.ordinal());
        }
    }

    /** Internal commands on behalf of others. */
    private final class Internal implements TimedCommands.Records {
        @Override
        public boolean begin(int recordBytes) {
            return beginInternal(recordBytes);
        }

        @Override
        public void finish() {
            finishInternal();
        }
    }

    /** Calls that waited. */
    private final class Waited implements WaitingCommands.Answers {
        @Override
        public boolean hasRoom() {
            return hasRoomForReply();
        }

        @Override
        public void decide(Session session, UnsafeBuffer kept, long waitMs) {
            redecide(session, kept, waitMs);
        }

        @Override
        public void refuse(Session session, UnsafeBuffer kept, RejectReason reason) {
            Shard.this.refuse(session, kept, 0, reason);
        }
    }
}
