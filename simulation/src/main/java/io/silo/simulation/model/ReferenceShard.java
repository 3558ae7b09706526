package io.silo.simulation.model;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.state.ShardView;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * The naive shard that stands beside the real one: it predicts the events and the answer of each command, judges what the shard
 * appends of its own accord, rebuilds its state from the log after each opening, and holds the shard's indexes against its own after
 * each duty cycle. What differs is an {@link AssertionError}. One per shard, for its whole life, restarts included.
 *
 * <p>Answers of the environment (BUSY, DISK_FULL, MEMORY_FULL, SHARD_CLOSED) are right at any time if nothing was appended. One
 * thread.
 */
public final class ReferenceShard implements ShardTap {
    /** Every so many duty cycles everything is compared, not only what changed. */
    private static final int CYCLES_PER_FULL_COMPARISON = 256;

    private final ModelContext context;
    private final WriteJudge writes;
    private final ChangeJudge changes;
    private final ImportJudge imports;
    private final LeaseJudge leases;
    private final ReadJudge reads;
    private final ScheduleJudge schedules;
    private final PauseJudge pauses;
    private final LimitJudge limits;
    private final TenantJudge tenants;
    private final BulkJudge bulks;
    private final ListJudge lists;
    private final InternalJudge internals;
    private final Recovery recovery = new Recovery();
    private boolean isIdle = true;
    private long cycles;

    /** A model of the only shard of its thread. */
    public ReferenceShard(ShardSettings settings) {
        this(settings, new ThreadSubscriptions());
    }

    /** @param subscriptions of the thread; Subscribe and Unsubscribe are told to one of its models. */
    public ReferenceShard(ShardSettings settings, ThreadSubscriptions subscriptions) {
        context = new ModelContext(settings, subscriptions);
        writes = new WriteJudge(context);
        changes = new ChangeJudge(context);
        imports = new ImportJudge(context, writes);
        leases = new LeaseJudge(context, writes);
        reads = new ReadJudge(context);
        schedules = new ScheduleJudge(context, writes);
        pauses = new PauseJudge(context);
        limits = new LimitJudge(context);
        tenants = new TenantJudge(context);
        bulks = new BulkJudge(context, changes);
        lists = new ListJudge(context);
        internals = new InternalJudge(context, bulks);
    }

    // ---- opening

    @Override
    public void onOpening(long firstPosition, boolean powerLost, boolean diedAtWork) {
        // What left counts, whatever came of the process behind it; of a torn duty cycle not even the time is known.
        if (!diedAtWork) {
            replies(true);
        }
        context.replies.clear();
        context.grants.clear();
        context.uploads.clear();
        context.rates.clear();
        context.waitingCalls.clear();
        context.subscriptions.clear();
        reads.clear();
        internals.reopened(firstPosition);
        context.roomIsShort = false;
        recovery.opening(firstPosition, powerLost, diedAtWork);
    }

    @Override
    public void onReplayed(List<LoggedEvent> events) {
        for (List<LoggedEvent> record : records(events)) {
            recovery.replayed(decode(record), Recovery.checksum(record));
        }
    }

    @Override
    public void onOpened(ShardView view, long monotonicMs) {
        context.state = recovery.finish();
        context.monotonicMs = monotonicMs;
        context.nowMs = context.state.lastTimeMs();
        context.epoch = recovery.lastEpoch();
        context.lastPosition = recovery.lastPosition();
        beginAnew(context.nowMs, monotonicMs);
        bulks.opened();
        lists.opened();
        limits.opened();
        isIdle = true;
        final ViewComparison comparison = new ViewComparison(view, context.state, context.nowMs);
        comparison.compareCounts();
        comparison.compareAll();
    }

    /** The log must have no room for 64 KiB only while it is told so: a closed session's leases then run to their end. */
    @Override
    public void onRoom(boolean isShort) {
        context.roomIsShort = isShort;
    }

    /** Until all that came was drained, no lease ends. */
    @Override
    public void onPutOff() {
        isIdle = false;
    }

    @Override
    public void onBehind(Session session) {
        internals.behind(session);
    }

    @Override
    public void onStandstill(long nowMs, long monotonicMs) {
        beginAnew(nowMs, monotonicMs);
    }

    @Override
    public void onGrantsHeld(long monotonicMs, long heldMs) {
        context.hold(monotonicMs, heldMs);
    }

    private void beginAnew(long nowMs, long monotonicMs) {
        for (ModelJob job : context.state.running()) {
            job.runningLease().beginAnew(nowMs, monotonicMs, job.definition.maxRunMs());
        }
    }

    // ---- at work

    @Override
    public void onCommand(
            Session session,
            DirectBuffer buffer,
            int offset,
            int length,
            long nowMs,
            long monotonicMs,
            boolean isConsumed,
            List<LoggedEvent> events) {
        time(nowMs, monotonicMs);
        reads.look();
        final List<List<LoggedEvent>> records = records(events);
        if (!isConsumed) {
            Claim.check(records.isEmpty(), "a command that was put off appended %s", events);
            return;
        }
        final boolean isOwn = !records.isEmpty() && !isInternal(records.get(0));
        final EventCursor own = new EventCursor(isOwn ? appended(records.get(0)) : List.of());
        final ModelCommand.Header header = ModelCommand.Header.decode(buffer, offset);
        final ModelCommand command = ModelCommand.decode(buffer, offset);
        final Expected expected = new Expected(session, header, command);
        expected.nothingAppended = own.isEmpty();
        judge(expected, header, command, own);
        own.checkAllTaken(expected.command);
        if (!own.isEmpty()) {
            expected.speaksOf(own.position());
        }
        context.replies.expect(expected);
        for (int i = isOwn ? 1 : 0; i < records.size(); i++) {
            internals.judge(appended(records.get(i)));
        }
        replies(false);
    }

    /** A digest may follow a command that would have appended nothing. */
    private static boolean isInternal(List<LoggedEvent> record) {
        return ModelEvent.decode(record.get(0)) instanceof ModelEvent.Digest;
    }

    private void judge(Expected expected, ModelCommand.Header header, ModelCommand command, EventCursor events) {
        final boolean toThread =
                command instanceof ModelCommand.Subscribe || command instanceof ModelCommand.Unsubscribe;
        if (header.durability() > 1) {
            expected.refused(RejectReason.MALFORMED_FRAME);
        } else if (!toThread && header.shard() != context.settings.shard()) {
            expected.refused(RejectReason.NOT_OWNER);
        } else if (command instanceof ModelCommand.Unknown) {
            expected.refused(RejectReason.UNSUPPORTED);
        } else if (!toThread && header.shardEpoch() != 0 && header.shardEpoch() != context.epoch) {
            expected.refused(RejectReason.STALE_EPOCH);
        } else if (command instanceof ModelCommand.Enqueue enqueue) {
            writes.enqueue(expected, enqueue, events);
        } else if (command instanceof ModelCommand.UploadChunk upload) {
            writes.upload(expected, upload, events);
        } else if (command instanceof ModelCommand.ReportOutcome report) {
            writes.reportOutcome(expected, report, events);
        } else if (command instanceof ModelCommand.ReturnLeases returned) {
            writes.returnLeases(expected, returned, events);
        } else if (command instanceof ModelCommand.ChangeJobs change) {
            changes.change(expected, change, events);
        } else if (command instanceof ModelCommand.ImportJobs imported) {
            imports.importJobs(expected, imported, events);
        } else if (command instanceof ModelCommand.LeaseJob lease) {
            leases.leaseJob(expected, lease, events);
        } else if (command instanceof ModelCommand.LeaseTasks lease) {
            leases.leaseTasks(expected, lease, events);
        } else if (command instanceof ModelCommand.Heartbeat heartbeat) {
            leases.heartbeat(expected, heartbeat);
        } else if (command instanceof ModelCommand.Subscribe subscribe) {
            leases.subscribe(expected, subscribe);
        } else if (command instanceof ModelCommand.Unsubscribe unsubscribe) {
            leases.unsubscribe(expected, unsubscribe);
        } else if (command instanceof ModelCommand.GetJob get) {
            reads.getJob(expected, get);
        } else if (command instanceof ModelCommand.GetJobResult get) {
            reads.getJobResult(expected, get);
        } else if (command instanceof ModelCommand.ReadBytes read) {
            reads.readBytes(expected, read);
        } else if (command instanceof ModelCommand.SetPaused set) {
            pauses.set(expected, set, events);
        } else if (command instanceof ModelCommand.ListPauses list) {
            pauses.list(expected, list);
        } else if (command instanceof ModelCommand.SetTenant set) {
            tenants.set(expected, set, events);
        } else if (command instanceof ModelCommand.ListTenants list) {
            tenants.list(expected, list);
        } else if (command instanceof ModelCommand.GetTenant get) {
            tenants.get(expected, get);
        } else if (command instanceof ModelCommand.BulkChange bulk) {
            bulks.change(expected, bulk, events);
        } else if (command instanceof ModelCommand.GetBulk get) {
            bulks.get(expected, get);
        } else if (command instanceof ModelCommand.ListJobs list) {
            lists.list(expected, list);
        } else if (command instanceof ModelCommand.CountJobs count) {
            lists.count(expected, count);
        } else if (!limits.judge(expected, command, events)) {
            schedules.judge(expected, command, events);
        }
    }

    @Override
    public void onInternalEvents(long nowMs, long monotonicMs, List<LoggedEvent> events) {
        time(nowMs, monotonicMs);
        reads.look();
        for (List<LoggedEvent> record : records(events)) {
            internals.judge(appended(record));
        }
        replies(false);
    }

    @Override
    public void onReply(Session session, DirectBuffer buffer, int offset, int length, long durablePosition) {
        recovery.durable(durablePosition);
        // Judged with the next call: what is thrown from here the shard would take for a failure of its own.
        final ModelReply reply = ModelReply.decode(session, buffer, offset, length, durablePosition);
        recovery.told(reply.position());
        context.replies.hold(reply);
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        context.replies.close(session);
        context.subscriptions.close(session);
        context.uploads.close(session);
        context.waitingCalls.removeIf(call -> call.session == session);
        if (explicit) {
            internals.sessionClosed(session);
            limits.sessionClosed(session);
        }
    }

    @Override
    public void onDutyCycle(ShardView view, long nowMs, long monotonicMs) {
        time(nowMs, monotonicMs);
        replies(true);
        context.grants.endCycle(context.replies);
        reads.endCycle();
        for (Asker call : context.waitingCalls) {
            Claim.check(call.deadlineMs > monotonicMs, "%s waits for longer than it asked to", call);
        }
        internals.checkProgress(isIdle);
        bulks.endCycle();
        context.replies.endCycle();
        isIdle = true;
        final ViewComparison comparison = new ViewComparison(view, context.state, context.nowMs);
        comparison.compareCounts();
        comparison.compareReady();
        context.state.takeTouched().forEach(comparison::compare);
        if (++cycles % CYCLES_PER_FULL_COMPARISON == 0) {
            comparison.compareAll();
        }
    }

    // ---- parts

    private void time(long nowMs, long monotonicMs) {
        Claim.check(
                nowMs >= context.nowMs && monotonicMs >= context.monotonicMs,
                "time runs backwards: %d and %d after %d and %d",
                nowMs,
                monotonicMs,
                context.nowMs,
                context.monotonicMs);
        context.nowMs = nowMs;
        context.monotonicMs = monotonicMs;
        context.state.ready().advance(nowMs);
    }

    /** Splits events at the ends of their records. */
    private static List<List<LoggedEvent>> records(List<LoggedEvent> events) {
        final List<List<LoggedEvent>> records = new ArrayList<>();
        for (LoggedEvent event : events) {
            if (event.index() == 0) {
                records.add(new ArrayList<>());
            }
            Claim.check(!records.isEmpty(), "a record begins with event %d", event.index());
            final List<LoggedEvent> record = records.get(records.size() - 1);
            Claim.check(
                    event.index() == record.size()
                            && (record.isEmpty() || record.get(0).position() == event.position()),
                    "events of a record are not dense: %s",
                    events);
            record.add(event);
        }
        return records;
    }

    private static List<ModelEvent> decode(List<LoggedEvent> record) {
        return ModelEvent.decode(record);
    }

    /** A record was appended: its place is the next, its time is now. */
    private List<ModelEvent> appended(List<LoggedEvent> record) {
        final List<ModelEvent> events = decode(record);
        final ModelEvent.Place place = events.get(0).place();
        Recovery.checkNext(context.lastPosition, place.position());
        Claim.equal(context.epoch, place.epoch(), "epoch of the record at", place);
        Claim.equal(context.nowMs, place.timeMs(), "time of the record at", place);
        context.lastPosition = place.position();
        recovery.appended(events, Recovery.checksum(record));
        bulks.appended(events);
        isIdle = false;
        return events;
    }

    /**
     * Judges replies whose command or grant the model knows by now.
     *
     * @param all whether it must know those that are left: the duty cycle is over.
     */
    private void replies(boolean all) {
        final List<ModelReply> held = new ArrayList<>(context.replies.held());
        context.replies.held().clear();
        for (ModelReply reply : held) {
            if (!isJudged(reply)) {
                Claim.check(!all || context.replies.isClosed(reply.session()), "nobody asked for the answer %s", reply);
                if (!all) {
                    context.replies.hold(reply);
                }
            }
        }
    }

    private boolean isJudged(ModelReply reply) {
        Claim.check(
                reply.position() < 0 || reply.shardEpoch() == context.epoch,
                "%s has epoch %d",
                reply,
                reply.shardEpoch());
        if (reply.correlationId() == 0 && reply.isTasks() && reply.subscriptionId() != 0) {
            if (!context.grants.isUntold(reply.tasks())) {
                return false;
            }
            Expected.checkDurable(reply);
            leases.push(reply);
            return true;
        }
        final Expected expected = context.replies.take(reply);
        if (expected == null) {
            return false;
        }
        expected.check(reply);
        if (reply.isRefusal()) {
            reads.refused(expected, reply);
            context.waitingCalls.removeIf(
                    call -> call.session == reply.session() && call.correlationId == reply.correlationId());
        }
        return true;
    }
}
