package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.SubscribeDecoder;
import io.silo.protocol.command.UnsubscribeDecoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.protocol.reply.SubscribeReplyEncoder;
import io.silo.shard.Admission.Verdict;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.SubscriptionChecks;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The shards of one thread. One duty cycle: read the clock, drain commands, fire timers, grant, write once, sync once, dispatch the replies
 * that became durable. Nothing in it waits but the sync.
 */
public final class ShardAgent implements Agent, CommandConsumer {
    /** Commands taken before the cycle's sync: the window of four busy clients. Group commit grows by itself up to here. */
    static final int COMMANDS_PER_CYCLE = 4_096;

    /** Commands per poll: Aeron's usual fragment limit, times 25. */
    private static final int COMMANDS_PER_POLL = 256;

    /** Commands looked at in a duty cycle while new work is refused: refusing so many takes some milliseconds. */
    private static final int COMMANDS_PER_CYCLE_REFUSING = 4 * COMMANDS_PER_CYCLE;

    private static final int READS_PER_CYCLE = 64;

    /** From here on leases are longer by what their grants waited: half of the shortest that there is. */
    private static final int HELD_MS_MIN = Bounds.LEASE_MS_MIN / 2;

    /**
     * Longest that a command waits in a full ingress stream: sessions have at most half a term of 1 MiB under way, which a busy thread
     * takes in a few hundred cycles of milliseconds.
     */
    private static final long SATURATED_GRACE_MS = 2_000;

    private final String roleName;
    private final Shard[] shards;
    private final int firstShard;
    private final CommandSource source;
    private final ReplySink replies;
    private final ColdReads coldReads;
    private final ShardListener listener;
    private final Clock clock;
    private final ShardClock shardClock;
    private final Subscriptions subscriptions;
    private final Admission admission;
    private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
    private final CommandHeaderDecoder commandHeader = new CommandHeaderDecoder();
    private final SubscribeDecoder subscribe = new SubscribeDecoder();
    private final UnsubscribeDecoder unsubscribe = new UnsubscribeDecoder();
    private final ReportOutcomeDecoder reportOutcome = new ReportOutcomeDecoder();
    private final SubscribeReplyEncoder subscribeReply = new SubscribeReplyEncoder();
    private final MessageHeaderEncoder replyMessageHeader = new MessageHeaderEncoder();
    private final UnsafeBuffer replyBuffer = new UnsafeBuffer(new byte[128]);
    private final ColdReads.Handler readHandler = read -> shardOf(read.shard()).onRead(read);
    private long dutyCycle;
    private boolean putOff;
    private boolean wasRefusing;

    /** Whether tasks are left that workers would take, for lack of time. */
    private boolean grantsAreCut;

    private long drainedUntilMs;
    private boolean stepHeld;
    private int firstGroup;

    /** @param shards recovered, with dense numbers from the first's on. */
    public ShardAgent(
            String roleName,
            List<Shard> shards,
            CommandSource source,
            ReplySink replies,
            ColdReads coldReads,
            ShardListener listener,
            Clock clock,
            ThreadBounds bounds) {
        this.roleName = roleName;
        this.shards = shards.toArray(new Shard[0]);
        this.firstShard = this.shards[0].settings().shard();
        this.source = source;
        this.replies = replies;
        this.coldReads = coldReads;
        this.listener = listener;
        this.clock = clock;
        this.shardClock = new ShardClock(clock, bounds.stepMsMax());
        this.admission = new Admission(bounds.newJobsPerCycle(), bounds.queueMsMax());
        this.subscriptions = new Subscriptions(this.shards);
        for (Shard shard : this.shards) {
            shardClock.notBefore(shard.view().lastTimeMs());
            shard.join(subscriptions);
        }
    }

    @Override
    public int doWork() {
        final long beginNs = clock.nanoTime();
        dutyCycle++;
        shardClock.update();
        if (shardClock.isStepHeld() != stepHeld) {
            stepHeld = shardClock.isStepHeld();
            listener.onClockStepHeld(stepHeld);
        }
        for (Shard shard : shards) {
            shard.time(shardClock.nowMs(), shardClock.monotonicMs());
        }
        if (shardClock.standstillMs() > 0) {
            listener.onStandstill(shardClock.standstillMs());
            renewLeases();
        }
        int work = 0;
        for (Shard shard : shards) {
            work += shard.fireStartTimers();
        }
        work += drain();
        work += takeReads();
        for (Shard shard : shards) {
            work += shard.fireTimers(drainedUntilMs);
        }
        for (Subscription call : subscriptions.takeExpiredCalls(shardClock.monotonicMs())) {
            shardOf(call.shard).answerEmpty(call);
            work++;
        }
        grantsAreCut = false;
        final int granted = grant();
        work += granted;
        admission.onGranted(granted, grantsAreCut);
        for (Shard shard : shards) {
            shard.write();
        }
        work += sync();
        final long nowNs = clock.nanoTime();
        postponeLeases(TimeUnit.NANOSECONDS.toMillis(nowNs - beginNs));
        for (Shard shard : shards) {
            work += shard.dispatch(nowNs);
        }
        return work + replies.flush();
    }

    /** Until the next start time, latest start or firing of a schedule, in ns; {@link Long#MAX_VALUE} = there is none. Shard thread only. */
    public long timerWaitNs() {
        long nextMs = Long.MAX_VALUE;
        for (Shard shard : shards) {
            nextMs = Math.min(nextMs, shard.nextWallTimerMs());
        }
        return nextMs == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : TimeUnit.MILLISECONDS.toNanos(Math.max(0, nextMs - shardClock.nowMs()));
    }

    /**
     * Workers could not reach their shards: the process was stopped, the disk held a sync up, or the transport was lost. They could
     * not renew their leases, and what was granted last may have reached nobody. As after a restart, each lease has its full length
     * again, and one that nobody claims is returned unspent. Shard thread only.
     */
    public void renewLeases() {
        for (Shard shard : shards) {
            shard.renewLeases();
        }
    }

    /**
     * A lease counts from its decision, but its worker learns of it after the sync: where that took long, it may be over before its
     * grant leaves.
     */
    private void postponeLeases(long heldMs) {
        if (heldMs >= HELD_MS_MIN) {
            listener.onGrantsHeld(heldMs);
            for (Shard shard : shards) {
                shard.postponeLeases(heldMs);
            }
        }
    }

    /** Takes finished reads back, one by one, while their replies find room. */
    private int takeReads() {
        int taken = 0;
        while (taken < READS_PER_CYCLE && hasRoomForReplies() && coldReads.poll(readHandler, 1) > 0) {
            taken++;
        }
        return taken;
    }

    /** Takes every command that is there. A lease expires only once all that came by its deadline was drained. */
    private int drain() {
        final int drainedMax = admission.isRefusing() ? COMMANDS_PER_CYCLE_REFUSING : COMMANDS_PER_CYCLE;
        int drained = 0;
        int polled = 0;
        putOff = false;
        admission.beginCycle(clock.nanoTime());
        do {
            polled = source.poll(this, COMMANDS_PER_POLL);
            drained += polled;
        } while (polled > 0 && !putOff && drained < drainedMax && hasRoomForReplies());
        final boolean isEmptied = polled == 0 && !putOff;
        admission.endCycle(isEmptied ? 0 : source.waitedMs(), shardClock.monotonicMs());
        if (admission.isRefusing() != wasRefusing) {
            wasRefusing = admission.isRefusing();
            listener.onOverload(wasRefusing, admission.refusals());
            for (Shard shard : shards) {
                shard.counters().set(Figure.OVERLOADED, wasRefusing ? 1 : 0);
            }
        }
        // Without end in sight a command counts as drained after a grace: leases then expire late, not never.
        final long sure = isEmptied ? shardClock.monotonicMs() : shardClock.monotonicMs() - SATURATED_GRACE_MS;
        drainedUntilMs = Math.max(drainedUntilMs, sure);
        return drained;
    }

    private boolean hasRoomForReplies() {
        for (Shard shard : shards) {
            if (!shard.hasRoomForReply()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
        messageHeader.wrap(buffer, offset);
        commandHeader.wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH);
        switch (messageHeader.templateId()) {
            case SubscribeDecoder.TEMPLATE_ID, UnsubscribeDecoder.TEMPLATE_ID ->
                onThreadCommand(session, buffer, offset, messageHeader.templateId());
            default -> {
                final int index = commandHeader.shard() - firstShard;
                if (index < 0 || index >= shards.length) {
                    refuse(session, RejectReason.NOT_OWNER);
                    return Disposition.CONSUMED;
                }
                final Shard shard = shards[index];
                final Verdict verdict =
                        shard.hasRoomForReply() ? judge(shard, session, buffer, offset, length) : Verdict.PUT_OFF;
                if (verdict == Verdict.PUT_OFF) {
                    putOff = true;
                    shard.counters().add(Figure.COMMANDS_PUT_OFF, 1);
                    return Disposition.RETRY;
                }
                if (verdict == Verdict.REFUSE) {
                    shard.refuseBusy(session, buffer, offset, admission.retryAfterMs());
                    return Disposition.CONSUMED;
                }
                // Refused as a whole it is sent again, credits and all.
                final int templateId = messageHeader.templateId();
                if (shard.onCommand(session, buffer, offset, length)
                        && templateId == ReportOutcomeDecoder.TEMPLATE_ID) {
                    returnCredits(session, buffer, offset);
                }
            }
        }
        return Disposition.CONSUMED;
    }

    /** A command that a closed shard refuses anyway is none of the thread's business. */
    private Verdict judge(Shard shard, Session session, DirectBuffer buffer, int offset, int length) {
        final long jobs;
        try {
            jobs = shard.isOpen() ? admission.jobsOf(messageHeader, buffer, offset, length) : 0;
        } catch (IndexOutOfBoundsException | IllegalArgumentException malformed) {
            // Should the frame check ever miss something: the shard refuses it, and closes for nobody's bytes.
            return Verdict.TAKE;
        }
        return jobs == 0 ? Verdict.TAKE : admission.judge(session, jobs, shardClock.monotonicMs());
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        subscriptions.onSessionClosed(session);
        for (Shard shard : shards) {
            shard.onSessionClosed(session, explicit);
        }
    }

    /** A command to the thread. As in a shard: should the frame check ever miss something, one client's bytes harm nobody. */
    private void onThreadCommand(Session session, DirectBuffer buffer, int offset, int templateId) {
        if (commandHeader.durabilityRaw() > Durability.APPENDED.value()) {
            refuse(session, RejectReason.MALFORMED_FRAME);
            return;
        }
        try {
            if (templateId == SubscribeDecoder.TEMPLATE_ID) {
                onSubscribe(session, buffer, offset);
            } else {
                onUnsubscribe(session, buffer, offset);
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException malformed) {
            listener.onMalformedCommand(firstShard, malformed);
            refuse(session, RejectReason.MALFORMED_FRAME);
        }
    }

    private void onSubscribe(Session session, DirectBuffer buffer, int offset) {
        subscribe.wrapAndApplyHeader(buffer, offset, messageHeader);
        final long id = subscribe.subscriptionId();
        final long credits = subscribe.credits();
        final boolean appendedEnough = commandHeader.durability() == Durability.APPENDED;
        final UnsafeBuffer tenant = new UnsafeBuffer(new byte[subscribe.tenantLength()]);
        subscribe.getTenant(tenant, 0, tenant.capacity());
        final UnsafeBuffer taskGroup = new UnsafeBuffer(new byte[subscribe.taskGroupLength()]);
        subscribe.getTaskGroup(taskGroup, 0, taskGroup.capacity());
        final UnsafeBuffer worker = new UnsafeBuffer(new byte[subscribe.workerIdLength()]);
        subscribe.getWorkerId(worker, 0, worker.capacity());
        RejectReason refusal = SubscriptionChecks.check(shards[0].settings(), session, tenant, taskGroup, worker);
        if (refusal == null && (credits < 1 || credits > Bounds.CREDITS_MAX)) {
            refusal = RejectReason.INVALID_CREDITS;
        }
        if (refusal == null && id == 0) {
            refusal = RejectReason.INVALID_SUBSCRIPTION;
        }
        if (refusal == null) {
            refusal = subscriptions.subscribe(session, id, tenant, taskGroup, worker, appendedEnough, credits);
        }
        answerSubscription(session, id, refusal);
    }

    private void onUnsubscribe(Session session, DirectBuffer buffer, int offset) {
        unsubscribe.wrapAndApplyHeader(buffer, offset, messageHeader);
        final long id = unsubscribe.subscriptionId();
        answerSubscription(
                session, id, subscriptions.unsubscribe(session, id) ? null : RejectReason.SUBSCRIPTION_NOT_FOUND);
    }

    private void answerSubscription(Session session, long id, @Nullable RejectReason refusal) {
        if (refusal != null) {
            refuse(session, refusal);
            return;
        }
        subscribeReply
                .wrapAndApplyHeader(replyBuffer, 0, replyMessageHeader)
                .subscriptionId(id)
                .header()
                .correlationId(commandHeader.correlationId())
                .position(EventLog.NULL_POSITION)
                .shardEpoch(0)
                .shard(commandHeader.shard())
                .code(RejectReason.OK)
                .durability(io.silo.protocol.reply.Durability.DURABLE);
        replies.send(session, replyBuffer, 0, subscribeReply.limit());
    }

    private void returnCredits(Session session, DirectBuffer buffer, int offset) {
        reportOutcome.wrapAndApplyHeader(buffer, offset, messageHeader);
        if (reportOutcome.subscriptionId() != 0) {
            subscriptions.addCredits(session, reportOutcome.subscriptionId(), reportOutcome.credits());
        }
    }

    private void refuse(Session session, RejectReason reason) {
        Refusals.send(replies, session, commandHeader.correlationId(), commandHeader.shard(), reason, 0, replyBuffer);
    }

    private int grant() {
        if (subscriptions.count() == 0) {
            return 0;
        }
        int granted = 0;
        for (int i = 0; i < shards.length; i++) {
            if (shards[i].isOpen()) {
                granted += grant(i);
            }
        }
        return granted;
    }

    private int grant(int index) {
        final Shard shard = shards[index];
        int granted = 0;
        final List<Subscriptions.Group> groups = subscriptions.groups();
        final int count = groups.size();
        // Each cycle begins with another group: one that uses up the cycle's limit must not starve the others.
        firstGroup = firstGroup <= 0 ? count - 1 : firstGroup - 1;
        for (int i = 0; i < count && granted < ThreadBounds.GRANTS_PER_CYCLE; i++) {
            // Backwards: a waiting call that is answered may take its group out of the list; then one is met next
            // cycle.
            final int g = Math.floorMod(firstGroup - i, count);
            if (g >= groups.size()) {
                continue;
            }
            final Subscriptions.Group group = groups.get(g);
            final int number = group.number(index);
            if (number >= 0 && shard.isOpen()) {
                granted += grant(shard, group, number, ThreadBounds.GRANTS_PER_CYCLE - granted);
            }
        }
        return granted;
    }

    /** Goes round the group's subscribers until the ready tasks, the credits or the cycle's limit are used up. */
    private int grant(Shard shard, Subscriptions.Group group, int number, int limit) {
        int granted = 0;
        int inVain = 0;
        int ready = shard.view().readyCount(number);
        int turnsLeft = group.size();
        // An even share of what is ready at the start of each round, so that idle workers all get some; at least one.
        int share = evenShare(ready, group.size());
        while (ready > 0 && granted < limit && inVain < group.size()) {
            if (turnsLeft-- == 0) {
                turnsLeft = group.size();
                share = evenShare(ready, group.size());
            }
            final Subscription subscriber = group.next(shard.settings().shard());
            if (subscriber == null) {
                break;
            }
            final int got = grantTo(shard, subscriber, number, Math.min(share, limit - granted));
            inVain = got == 0 ? inVain + 1 : 0;
            granted += got;
            ready = shard.isOpen() ? shard.view().readyCount(number) : 0;
        }
        grantsAreCut |= ready > 0 && granted >= limit;
        if (shard.isOpen() && shard.view().rates().isAskWaiting(number)) {
            shard.view().rates().want(number, group.credits() - ready);
        }
        return granted;
    }

    private static int evenShare(int ready, int subscribers) {
        return Math.max(1, (ready + subscribers - 1) / Math.max(1, subscribers));
    }

    private int grantTo(Shard shard, Subscription subscriber, int number, int share) {
        if (!subscriber.isCall()) {
            if (subscriber.flow.isBehind(replies)) {
                return 0;
            }
            if (!subscriber.flow.hasRoom(dutyCycle)) {
                grantsAreCut = true;
                return 0;
            }
        }
        final int tasks = Math.min(Math.min(share, subscriber.credits), Bounds.TASKS_PER_CALL_MAX);
        final int got = shard.grant(subscriber, number, tasks);
        if (got > 0) {
            if (subscriber.isCall()) {
                subscriptions.removeCall(subscriber);
            } else {
                subscriptions.takeCredits(subscriber, got);
            }
        }
        return got;
    }

    /** One sync for all that was appended; with several dirty shards their syncs run side by side. */
    private int sync() {
        Shard inline = null;
        int begun = 0;
        final long startNs = clock.nanoTime();
        for (Shard shard : shards) {
            if (shard.isDirty()) {
                if (inline != null) {
                    inline.beginSync();
                    begun++;
                }
                inline = shard;
            }
        }
        if (inline == null) {
            return 0;
        }
        final Shard last = inline;
        last.sync();
        if (begun > 0) {
            for (Shard shard : shards) {
                if (shard != last) {
                    shard.awaitSync();
                }
            }
        }
        last.counters().add(Figure.SYNC_NS, clock.nanoTime() - startNs);
        return begun + 1;
    }

    private Shard shardOf(int number) {
        return shards[number - firstShard];
    }

    /** Unix epoch ms of the duty cycle that runs or ran last. Shard thread only. */
    public long nowMs() {
        return shardClock.nowMs();
    }

    /** Monotonic ms of the duty cycle that runs or ran last: what deadlines of leases count by. Shard thread only. */
    public long monotonicMs() {
        return shardClock.monotonicMs();
    }

    /** An operator accepts the clock's step. Shard thread only. */
    public void acceptClockStep() {
        shardClock.acceptStep();
    }

    @Override
    public void onClose() {
        for (Shard shard : shards) {
            shard.close();
        }
        replies.flush();
    }

    @Override
    public String roleName() {
        return roleName;
    }
}
