package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.command.ExplainJobDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.ExplainReplyEncoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.RateStage;
import io.silo.protocol.reply.Situation;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.LimitReport;
import io.silo.shard.state.Pauses;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import io.silo.shard.state.WaitingReport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** ExplainJob: why a job does not run, of the first thing that keeps it from that. */
final class ExplainJobDecider implements CommandDecider {
    /** Holders of the limit that the job waits for. */
    private static final int HOLDERS_MAX = 5;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ExplainJobDecoder command = new ExplainJobDecoder();
    private final ExplainReplyEncoder reply = new ExplainReplyEncoder();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer otherName = new UnsafeBuffer(0, 0);
    private final int[] held = new int[Bounds.LIMITS_MAX];
    private int limit;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ExplainJobDecoder.tenantHeaderLength();
        command.skipTenant();
        final int idLength = command.jobIdLength();
        final int idOffset = command.limit() + ExplainJobDecoder.jobIdHeaderLength();
        final int slot = JobLookup.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength, null);
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        context.touchAll();
        final ShardView view = context.view();
        final JobView jobs = view.jobs();
        final boolean isGroupPaused = isPaused(view, Pauses.Kind.TASK_GROUP, slot);
        final boolean isTenantPaused = isPaused(view, Pauses.Kind.TENANT, slot);
        final Situation situation = situation(view, slot, isGroupPaused, isTenantPaused);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        // Zeros what does not belong to the situation.
        context.reply().setMemory(reply.offset(), ExplainReplyEncoder.BLOCK_LENGTH, (byte) 0);
        reply.nowMs(context.nowMs())
                .changedAtMs(jobs.changedAtMs(slot))
                .attempt(jobs.attempt(slot))
                .startAtMs(jobs.state(slot) == JobState.SCHEDULED ? jobs.startMs(slot) : 0)
                .status(JobStatus.get((short) jobs.state(slot).ordinal()))
                .situation(situation)
                .priority((short) jobs.priority(slot))
                .groupPaused((short) (isGroupPaused ? 1 : 0))
                .tenantPaused((short) (isTenantPaused ? 1 : 0));
        write(context, slot, situation);
        context.replied(reply.limit());
    }

    private Situation situation(ShardView view, int slot, boolean isGroupPaused, boolean isTenantPaused) {
        limit = RowSlab.NULL_SLOT;
        final JobState state = view.jobs().state(slot);
        if (state.isTerminal()) {
            return Situation.ENDED;
        }
        if (state == JobState.RUNNING) {
            return Situation.RUNNING;
        }
        if (view.waitingReport().startsLater(slot)) {
            return Situation.STARTS_LATER;
        }
        if (isGroupPaused || isTenantPaused) {
            return isGroupPaused ? Situation.GROUP_PAUSED : Situation.TENANT_PAUSED;
        }
        limit = view.waitingReport().awaitedLimit(slot);
        if (limit == RowSlab.NULL_SLOT) {
            return view.waitingReport().isCapped(slot) ? Situation.TENANT_CAPPED : Situation.READY;
        }
        return view.waitingReport().isBucket(limit) ? Situation.RATE_LIMITED : Situation.LIMITED;
    }

    private boolean isPaused(ShardView view, Pauses.Kind kind, int slot) {
        if (kind == Pauses.Kind.TENANT) {
            view.wrapTenant(view.jobs().tenant(slot), name);
        } else {
            view.wrapTaskGroup(view.jobs().taskGroup(slot), name);
        }
        return view.pauses().contains(kind, ScheduleNames.text(name, 0, name.capacity()));
    }

    /** Fixed fields first, then groups and names in their order. */
    private void write(CommandContext context, int slot, Situation situation) {
        final ShardView view = context.view();
        final boolean isRunning = situation == Situation.RUNNING;
        final boolean isRate = situation == Situation.RATE_LIMITED;
        final boolean isLimited = isRate || situation == Situation.LIMITED;
        if (isRunning) {
            writeLease(context, slot);
        } else if (isLimited) {
            writeLine(view, slot, isRate);
        } else if (situation == Situation.READY) {
            writePlace(context, slot);
        }
        writeHeld(view, slot, isRunning);
        writeHolders(view, situation == Situation.LIMITED);
        view.wrapTaskGroup(view.jobs().taskGroup(slot), name);
        reply.putTaskGroup(name, 0, name.capacity());
        name.wrap(0, 0);
        if (isRunning) {
            view.leases().wrapWorker(view.jobs().lease(slot), name);
        }
        reply.putWorkerId(name, 0, name.capacity());
        name.wrap(0, 0);
        if (isRate) {
            view.rates().wrapKey(limit, name);
        } else if (isLimited) {
            view.limitReport().wrapKey(limit, name);
        }
        reply.putLimitKey(name, 0, name.capacity());
        name.wrap(0, 0);
        final int keptFor = isLimited ? view.waitingReport().keptFor(slot, limit) : RowSlab.NULL_SLOT;
        if (keptFor != RowSlab.NULL_SLOT) {
            view.jobs().wrapId(keptFor, name);
        }
        reply.putKeptFor(name, 0, name.capacity());
        name.wrap(0, 0);
        if (isRate) {
            view.rates().wrapName(limit, name);
        }
        reply.putRateName(name, 0, name.capacity());
    }

    private void writeLease(CommandContext context, int slot) {
        final LeaseView leases = context.view().leases();
        final int lease = context.view().jobs().lease(slot);
        reply.leasedAtMs(leases.startedAtMs(lease))
                .leaseLeftMs(Math.max(0, leases.deadlineMs(lease) - context.monotonicMs()))
                .cancelRequestedAtMs(leases.cancelRequestedAtMs(lease));
    }

    private void writeLine(ShardView view, int slot, boolean isRate) {
        final WaitingReport waiting = view.waitingReport();
        final int before = waiting.beforeInLine(slot);
        if (isRate) {
            reply.hits(waiting.awaitedHits(slot))
                    .hitsAvailable(waiting.availableHits(slot))
                    .enoughInMs(waiting.enoughInMs(slot))
                    .rateStage(RateStage.get((short) waiting.rateStage(slot).ordinal()));
        } else {
            reply.limitMax(waiting.awaitedMax(slot))
                    .isMaxSet((short) (view.limitReport().isSet(limit) ? 1 : 0))
                    .isMaxFloating((short) (waiting.isMaxFloating(slot) ? 1 : 0))
                    .holderCount(view.limitReport().holders(limit));
        }
        reply.candidates(waiting.candidatesBefore(slot)).before(before).isMoreBefore((short)
                (before == WaitingReport.COUNTED_MAX ? 1 : 0));
    }

    private void writePlace(CommandContext context, int slot) {
        final ShardView view = context.view();
        final WaitingReport waiting = view.waitingReport();
        final int before = waiting.tasksBefore(slot);
        view.wrapTaskGroup(view.jobs().taskGroup(slot), name);
        view.wrapTenant(view.jobs().tenant(slot), otherName);
        final Demand demand = context.waitingCalls().demand(name, otherName);
        reply.before(before)
                .isMoreBefore((short) (before == WaitingReport.COUNTED_MAX ? 1 : 0))
                .prioritiesBefore(waiting.prioritiesBefore(slot))
                .tenantsBefore(waiting.tenantsBefore(slot))
                .subscriptions(demand.subscriptions())
                .credits(demand.credits())
                .waitingCalls(demand.waitingCalls());
    }

    private void writeHeld(ShardView view, int slot, boolean isRunning) {
        final int count = isRunning ? view.limitReport().held(slot, held) : 0;
        final ExplainReplyEncoder.HeldEncoder items = reply.heldCount(count);
        for (int i = 0; i < count; i++) {
            view.limitReport().wrapKey(held[i], name);
            items.next().putKey(name, 0, name.capacity());
        }
    }

    private void writeHolders(ShardView view, boolean isLimited) {
        final LimitReport limits = view.limitReport();
        final int count = isLimited ? limits.listHolders(limit, HOLDERS_MAX) : 0;
        final ExplainReplyEncoder.HoldersEncoder items = reply.holdersCount(count);
        for (int i = 0; i < count; i++) {
            final int holder = limits.listed(i);
            final int lease = view.jobs().lease(holder);
            items.next().sinceMs(view.leases().startedAtMs(lease));
            view.jobs().wrapId(holder, name);
            items.putJobId(name, 0, name.capacity());
            view.leases().wrapWorker(lease, name);
            items.putWorkerId(name, 0, name.capacity());
        }
    }
}
