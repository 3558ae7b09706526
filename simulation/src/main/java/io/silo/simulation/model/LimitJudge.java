package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.reply.ExplainReplyDecoder;
import io.silo.protocol.reply.HoldersDroppedReplyDecoder;
import io.silo.protocol.reply.LimitReplyDecoder;
import io.silo.protocol.reply.LimitSetReplyDecoder;
import io.silo.protocol.reply.LimitsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.Situation;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Judges what operators do with concurrency limits, and ExplainJob. Who waits is not exactly known: reservations are the shard's. */
final class LimitJudge {
    /** As the command bounds it. */
    private static final int LISTED_MAX = 100;

    private final ModelContext context;
    private final RefreshJudge refreshes;

    LimitJudge(ModelContext context) {
        this.context = context;
        this.refreshes = new RefreshJudge(context);
    }

    /** The shard was opened, or closed: who was to find something out is forgotten. */
    void opened() {
        refreshes.opened();
    }

    /** A session closed by itself. */
    void sessionClosed(Session session) {
        refreshes.sessionClosed(session);
    }

    /** Whether it is one of these commands. */
    boolean judge(Expected expected, ModelCommand command, EventCursor events) {
        if (command instanceof ModelCommand.SetLimit set) {
            set(expected, set, events);
        } else if (command instanceof ModelCommand.DropHolders drop) {
            drop(expected, drop, events);
        } else if (command instanceof ModelCommand.ListLimits list) {
            list(expected, list);
        } else if (command instanceof ModelCommand.GetLimit get) {
            get(expected, get);
        } else if (command instanceof ModelCommand.ExplainJob explain) {
            explain(expected, explain);
        } else {
            return refreshes.judge(expected, command, events);
        }
        return true;
    }

    private static ModelLimits.Key key(String tenant, String key) {
        return new ModelLimits.Key(tenant.isEmpty() ? Bounds.TENANT_NONE : tenant, key);
    }

    private void set(Expected expected, ModelCommand.SetLimit command, EventCursor events) {
        final EnumSet<RejectReason> reasons =
                context.rules.ofLimit(expected.session, command.tenant(), command.key(), true);
        final Long max = command.max();
        ArgumentRules.add(reasons, max != null && max > Integer.MAX_VALUE, RejectReason.INVALID_JOB_LIMIT);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final ModelLimits.Key key = key(command.tenant(), command.key());
        if (command.isFloating()) {
            refreshes.set(expected, key, max, events);
            return;
        }
        final Long before = context.state.limits().setMax(key);
        final boolean changes = max == null ? before != null : !max.equals(before);
        if (changes) {
            final ModelEvent.LimitSet event = events.take(ModelEvent.LimitSet.class);
            if (event == null) {
                // Only the environment may refuse it.
                return;
            }
            Claim.equal(new ModelEvent.LimitSet(event.place(), key.tenant(), key.key(), max), event, "LimitSet");
            context.state.apply(event);
        } else {
            expected.speaksOf(context.state.limits().changedAt(key));
        }
        answered(expected, changes);
    }

    static void answered(Expected expected, boolean changes) {
        expected.answered(reply -> {
            Claim.equal(LimitSetReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final LimitSetReplyDecoder told =
                    new LimitSetReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(changes, told.changed() != 0, "change told by", reply);
        });
    }

    private void drop(Expected expected, ModelCommand.DropHolders command, EventCursor events) {
        final RejectReason reason =
                ArgumentRules.first(context.rules.ofLimit(expected.session, command.tenant(), command.key(), false));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final ModelLimits.Key named = key(command.tenant(), command.key());
        int dropped = 0;
        for (ModelEvent.SlotsDropped event = events.take(ModelEvent.SlotsDropped.class);
                event != null;
                event = events.take(ModelEvent.SlotsDropped.class)) {
            dropped++;
            final ModelJob job = context.state.find(event.jobKey());
            if (job == null || job.lease == null) {
                throw new AssertionError("no lease lives of the job of " + event + ": " + job);
            }
            Claim.equal(named.tenant(), job.definition.tenant(), "tenant of", event);
            final int held = job.runningLease().heldLimits;
            final int right = command.key().isEmpty() ? 0 : held & ~bit(job, named.key());
            Claim.check(held != right, "%s held nothing that it could drop", job);
            Claim.equal(
                    new ModelEvent.SlotsDropped(event.place(), job.key(), job.lastPosition, right),
                    event,
                    "SlotsDropped");
            context.state.apply(event);
        }
        final long left = context.state.limits().inUse().stream()
                .filter(key -> key.tenant().equals(named.tenant()))
                .filter(key -> command.key().isEmpty() || key.equals(named))
                .mapToLong(key -> context.state.limits().holders(key).size())
                .sum();
        final int count = dropped;
        expected.answered(reply -> {
            Claim.equal(HoldersDroppedReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final HoldersDroppedReplyDecoder told =
                    new HoldersDroppedReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal((long) count, told.dropped(), "holders dropped by", reply);
            final boolean isWhole = command.cursor() == 0 || !command.key().isEmpty();
            Claim.check(told.isLast() == 0 || !isWhole || left == 0, "%s says none is left, and %d are", reply, left);
        });
    }

    private static int bit(ModelJob job, String key) {
        final List<ModelLimit> limits = job.definition.limitsOnce();
        for (int i = 0; i < limits.size(); i++) {
            if (limits.get(i).id().equals(key)) {
                return 1 << i;
            }
        }
        return 0;
    }

    private void list(Expected expected, ModelCommand.ListLimits command) {
        final EnumSet<RejectReason> reasons = context.rules.ofTenantOrAll(expected.session, command.tenant());
        ArgumentRules.add(
                reasons,
                command.pageSize() < 1 || command.pageSize() > Bounds.PAGE_ITEMS_MAX,
                RejectReason.INVALID_LIMIT);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final String scope = Asker.scopeOf(expected.session);
        final String tenant = command.tenant().isEmpty() && scope != null ? scope : command.tenant();
        final ModelLimits limits = context.state.limits();
        final Set<String> needed = new TreeSet<>();
        for (ModelLimits.Key key : limits.inUse()) {
            if (tenant.isEmpty() || key.tenant().equals(tenant)) {
                needed.add(facts(key));
            }
        }
        final Set<ModelLimits.Key> waitedFor = new HashSet<>();
        for (ModelJob job : context.state.jobs()) {
            job.definition.limitsOnce().forEach(limit -> {
                if (job.state == JobState.SCHEDULED) {
                    waitedFor.add(ModelLimits.key(job, limit));
                }
            });
        }
        final Set<String> right = new HashSet<>(needed);
        waitedFor.stream()
                .filter(key -> tenant.isEmpty() || key.tenant().equals(tenant))
                .forEach(key -> right.add(facts(key)));
        expected.answered(reply -> {
            Claim.equal(LimitsReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final LimitsReplyDecoder d =
                    new LimitsReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            final boolean isWhole = command.cursor() == 0 && d.isLast() != 0;
            final Set<String> told = new TreeSet<>();
            for (LimitsReplyDecoder.LimitsDecoder item : d.limits()) {
                final Long max = item.isSet() != 0 ? (Long) item.maxConcurrency() : null;
                final long holders = item.holders();
                final String owner = Text.of(item.tenantLength(), item::getTenant);
                final String facts = facts(owner, Text.of(item.keyLength(), item::getKey), max, (int) holders);
                Claim.check(told.add(facts), "%s tells %s twice", reply, facts);
                Claim.check(right.contains(facts), "%s tells of %s; right were %s", reply, facts, right);
            }
            Claim.check(!isWhole || told.containsAll(needed), "%s tells %s, and not all of %s", reply, told, needed);
        });
    }

    private String facts(ModelLimits.Key key) {
        final ModelLimits limits = context.state.limits();
        return facts(
                key.tenant(), key.key(), limits.setMax(key), limits.holders(key).size());
    }

    private static String facts(String tenant, String key, @Nullable Long max, int holders) {
        return tenant + '/' + key + " max " + max + " holders " + holders;
    }

    private void get(Expected expected, ModelCommand.GetLimit command) {
        final EnumSet<RejectReason> reasons =
                context.rules.ofLimit(expected.session, command.tenant(), command.key(), true);
        ArgumentRules.add(reasons, command.listed() > LISTED_MAX, RejectReason.INVALID_LIMIT);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final ModelLimits.Key key = key(command.tenant(), command.key());
        final Long max = context.state.limits().setMax(key);
        final List<Long> holders = new ArrayList<>(context.state.limits().holders(key));
        final Set<String> holderIds = new HashSet<>();
        holders.forEach(job -> {
            final ModelJob holder = context.state.find(job);
            holderIds.add(holder == null ? "" : holder.definition.jobId());
        });
        final List<String> waiters = context.state.ready().naming(key).stream()
                .map(job -> job.definition.jobId())
                .toList();
        boolean isNamed = false;
        for (ModelJob job : context.state.jobs()) {
            isNamed |= job.definition.tenant().equals(key.tenant()) && bit(job, key.key()) != 0;
        }
        final ModelFloating.Finding finding = context.state.limits().finding(key);
        if (max == null && finding == null && !isNamed) {
            // A line that nobody stands in any more may keep it for a moment.
            expected.refused(RejectReason.LIMIT_NOT_FOUND);
        }
        expected.speaksOf(context.state.limits().changedAt(key));
        expected.answered(reply -> {
            Claim.equal(LimitReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final LimitReplyDecoder d =
                    new LimitReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(
                    facts(key.tenant(), key.key(), max, holders.size()),
                    facts(key.tenant(), key.key(), d.isSet() != 0 ? (Long) d.maxConcurrency() : null, (int)
                            d.holderCount()),
                    "limit told by",
                    reply);
            Claim.equal(
                    finding == null
                            ? List.of(ModelFloating.Finding.NONE, 0L, 0L, 0L)
                            : List.of(finding.max(), finding.refreshedAtMs(), finding.dueMs(), finding.failures()),
                    List.of((long) d.floatingMax(), d.refreshedAtMs(), d.refreshDueMs(), d.refreshFailures()),
                    "what was found out, told by",
                    reply);
            Claim.check(
                    d.waiting() <= waiters.size(), "%s tells of %d who wait; right is %s", reply, d.waiting(), waiters);
            int named = 0;
            for (LimitReplyDecoder.HoldersDecoder item : d.holders()) {
                item.skipTaskGroup();
                final String id = Text.of(item.jobIdLength(), item::getJobId);
                item.skipWorkerId();
                Claim.check(holderIds.contains(id), "%s says that %s holds a slot", reply, id);
                named++;
            }
            Claim.equal(Math.min(command.listed(), holders.size()), named, "holders named by", reply);
            int after = -1;
            for (LimitReplyDecoder.WaitersDecoder item : d.waiters()) {
                item.skipTaskGroup();
                final int place = waiters.indexOf(Text.of(item.jobIdLength(), item::getJobId));
                Claim.check(place > after, "%s tells who waits out of order; right is %s", reply, waiters);
                after = place;
            }
        });
    }

    private void explain(Expected expected, ModelCommand.ExplainJob command) {
        final RejectReason reason =
                ArgumentRules.first(context.rules.ofRead(expected.session, command.tenant(), command.jobId()));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final String tenant = command.tenant().isEmpty() ? Bounds.TENANT_NONE : command.tenant();
        final ModelJob job = context.state.find(tenant, command.jobId());
        if (job == null) {
            final RememberedRequests.Gone gone = context.state.requests().lastOf(tenant, command.jobId());
            expected.speaksOf(gone == null ? -1 : gone.position());
            expected.refused(RejectReason.JOB_NOT_FOUND);
            return;
        }
        expected.speaksOf(job.changedPosition);
        final EnumSet<Situation> right = situations(job);
        final String status = job.state.name();
        final List<String> held = new ArrayList<>();
        if (job.lease != null) {
            final List<ModelLimit> limits = job.definition.limitsOnce();
            for (int i = 0; i < limits.size(); i++) {
                if ((job.runningLease().heldLimits >> i & 1) != 0) {
                    held.add(limits.get(i).key());
                }
            }
        }
        final String worker = job.lease == null ? "" : job.runningLease().worker;
        final Set<String> named = new HashSet<>();
        job.definition.limitsOnce().forEach(limit -> named.add(limit.key()));
        expected.answered(reply -> {
            Claim.equal(ExplainReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final ExplainReplyDecoder d =
                    new ExplainReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            final Situation situation = d.situation();
            Claim.check(right.contains(situation), "%s says %s of %s; right were %s", reply, situation, job, right);
            Claim.equal(status, d.status().name(), "status told by", reply);
            final List<String> toldHeld = new ArrayList<>();
            for (ExplainReplyDecoder.HeldDecoder item : d.held()) {
                toldHeld.add(Text.of(item.keyLength(), item::getKey));
            }
            Claim.equal(held, toldHeld, "slots told by", reply);
            for (ExplainReplyDecoder.HoldersDecoder item : d.holders()) {
                item.skipJobId();
                item.skipWorkerId();
            }
            d.skipTaskGroup();
            Claim.equal(worker, Text.of(d.workerIdLength(), d::getWorkerId), "worker told by", reply);
            final String limit = Text.of(d.limitKeyLength(), d::getLimitKey);
            Claim.check(
                    situation == Situation.LIMITED || situation == Situation.RATE_LIMITED
                            ? named.contains(limit)
                            : limit.isEmpty(),
                    "%s tells of limit %s",
                    reply,
                    limit);
        });
    }

    /** What may be said of a job: one that has limits may wait for them though they have room, since others come before it. */
    private EnumSet<Situation> situations(ModelJob job) {
        if (job.state.isTerminal()) {
            return EnumSet.of(Situation.ENDED);
        }
        if (job.state == JobState.RUNNING) {
            return EnumSet.of(Situation.RUNNING);
        }
        if (job.startMs > context.nowMs) {
            return EnumSet.of(Situation.STARTS_LATER);
        }
        if (context.state.pauses().isPaused(ModelPauses.TASK_GROUP, job.definition.taskGroup())) {
            return EnumSet.of(Situation.GROUP_PAUSED);
        }
        if (context.state.pauses().isPaused(ModelPauses.TENANT, job.definition.tenant())) {
            return EnumSet.of(Situation.TENANT_PAUSED);
        }
        final JobDefinition d = job.definition;
        final boolean isCapped = context.state.tenants().room(d.tenant(), d.taskGroup()) == 0;
        final Situation unlimited = isCapped ? Situation.TENANT_CAPPED : Situation.READY;
        if (d.limits().isEmpty()) {
            return EnumSet.of(unlimited);
        }
        final EnumSet<Situation> right = EnumSet.noneOf(Situation.class);
        if (context.state.limits().hasRoom(job)) {
            right.add(unlimited);
        }
        job.definition
                .limitsOnce()
                .forEach(limit -> right.add(limit.isRate() ? Situation.RATE_LIMITED : Situation.LIMITED));
        return right;
    }
}
