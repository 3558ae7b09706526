package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.SubscribeReplyDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Judges commands about leases: LeaseTasks, LeaseJob, Heartbeat, Subscribe, Unsubscribe. */
final class LeaseJudge {
    /** So many tasks fit any record, and so many bytes of payloads any message. */
    private static final int TASKS_THAT_FIT = 190;

    private static final long BYTES_THAT_FIT = Bounds.MESSAGE_BYTES_MAX / 2;

    private final ModelContext context;
    private final WriteJudge writes;

    LeaseJudge(ModelContext context, WriteJudge writes) {
        this.context = context;
        this.writes = writes;
    }

    // ---- LeaseTasks

    Expected leaseTasks(Expected expected, ModelCommand.LeaseTasks command, EventCursor events) {
        final RejectReason reason = ArgumentRules.first(context.rules.of(expected.session, command));
        if (reason != null) {
            return expected.refused(reason);
        }
        final List<ModelJob> repeated = repeated(expected.session, command.requestId(), command.worker());
        if (!repeated.isEmpty()) {
            return repeat(expected, repeated);
        }
        final Asker asker = new Asker(expected.session, expected.correlationId, command, expected.appendedEnough);
        final List<ModelEvent.Leased> granted = new ArrayList<>();
        for (ModelEvent event = events.takeGrant(); event != null; event = events.takeGrant()) {
            if (event instanceof ModelEvent.Leased leased) {
                granted.add(leased);
            } else if (event instanceof ModelEvent.Refused late) {
                InternalJudge.refused(context, late);
            }
        }
        if (!granted.isEmpty()) {
            final boolean mayBeFull = mayBeFull(granted);
            context.grants.grant(context.state, granted, List.of(asker), context.monotonicMs);
            final int left = context.state.ready().certain(command.taskGroup(), asker.filter());
            final boolean isEnough = granted.size() == command.maxTasks() || left == 0 || mayBeFull;
            Claim.check(isEnough, "%s got %d tasks and left %d", expected.command, granted.size(), left);
            return expected.answered(reply -> context.grants.tell(context.state, reply, reply.tasks(), 0));
        }
        final int ready = context.state.ready().certain(command.taskGroup(), asker.filter());
        if (ready > 0 && command.maxTasks() > 0 && !context.roomIsShort) {
            // Only the environment explains it.
            return expected;
        }
        if (command.maxTasks() > 0 && command.waitMs() > 0) {
            asker.deadlineMs = context.monotonicMs + command.waitMs();
            context.waitingCalls.add(asker);
            return expected.refused(RejectReason.TOO_MANY_SUBSCRIPTIONS)
                    .answered(reply -> answerWaiting(asker, command, reply))
                    .late();
        }
        return expected.answered(
                reply -> Claim.check(reply.tasks().isEmpty(), "%s tells of tasks that were not leased", reply));
    }

    private boolean mayBeFull(List<ModelEvent.Leased> granted) {
        long bytes = 0;
        for (ModelEvent.Leased event : granted) {
            final ModelJob job = context.state.find(event.jobKey());
            bytes += job == null ? 0 : job.definition.inlinePayload().length() + 1_024;
        }
        // The task that did not fit is not in the list: one of the longest kind.
        return granted.size() >= TASKS_THAT_FIT || bytes + Bounds.INLINE_BYTES_MAX > BYTES_THAT_FIT;
    }

    /** Live leases that an earlier call with the same request id was given. */
    private List<ModelJob> repeated(Session session, RequestId requestId, String worker) {
        final List<ModelJob> repeated = new ArrayList<>();
        if (!requestId.isNone()) {
            for (ModelJob job : context.state.runningOf(worker)) {
                if (job.runningLease().requestId.equals(requestId) && ModelContext.isVisible(session, job)) {
                    repeated.add(job);
                }
            }
        }
        return repeated;
    }

    private Expected repeat(Expected expected, List<ModelJob> jobs) {
        final List<ModelReply.Task> tasks = new ArrayList<>();
        final List<ModelLease> leases = new ArrayList<>();
        for (ModelJob job : jobs) {
            final ModelLease lease = job.runningLease();
            leases.add(lease);
            context.state.touch(job);
            expected.speaksOf(LeaseToken.position(job.token));
            tasks.add(Grants.task(job, job.tokenEpoch, job.token, lease.leaseMs));
        }
        final long decidedMs = context.monotonicMs;
        return expected.answered(reply -> {
            // Not before: a call that the environment refused renewed nothing.
            leases.forEach(lease -> context.renewed(lease, decidedMs, expected.session));
            checkRepeat(reply, tasks);
        });
    }

    private static void checkRepeat(ModelReply reply, List<ModelReply.Task> tasks) {
        final List<ModelReply.Task> told = reply.tasks();
        Claim.equal(tasks.size(), told.size(), "leases repeated by", reply);
        for (ModelReply.Task task : told) {
            ModelReply.@Nullable Task same = null;
            for (ModelReply.Task candidate : tasks) {
                same = candidate.token() == task.token() ? candidate : same;
            }
            if (same == null) {
                throw new AssertionError(reply + " repeats a lease of another request: " + task);
            }
            Grants.checkTask(same, task);
        }
    }

    private void answerWaiting(Asker asker, ModelCommand.LeaseTasks command, ModelReply reply) {
        context.waitingCalls.remove(asker);
        final List<ModelReply.Task> tasks = reply.tasks();
        if (tasks.isEmpty()) {
            Claim.check(
                    context.monotonicMs >= asker.deadlineMs || context.roomIsShort || context.replies.isDoubled(reply),
                    "%s was answered empty at %d, before its time %d",
                    asker,
                    context.monotonicMs,
                    asker.deadlineMs);
        } else if (context.grants.isUntold(tasks)) {
            context.grants.tell(context.state, reply, tasks, 0);
        } else {
            // The same request came twice, and the other call was granted.
            final List<ModelJob> jobs = repeated(asker.session, command.requestId(), command.worker());
            final List<ModelReply.Task> repeated = new ArrayList<>();
            for (ModelJob job : jobs) {
                context.renewed(job.runningLease(), context.monotonicMs, asker.session);
                context.state.touch(job);
                repeated.add(Grants.task(job, job.tokenEpoch, job.token, job.runningLease().leaseMs));
            }
            checkRepeat(reply, repeated);
        }
    }

    // ---- LeaseJob

    Expected leaseJob(Expected expected, ModelCommand.LeaseJob command, EventCursor events) {
        final RejectReason argument = ArgumentRules.first(context.rules.of(expected.session, command));
        if (argument != null) {
            return expected.refused(argument);
        }
        final String tenant = command.tenant().isEmpty() ? Bounds.TENANT_NONE : command.tenant();
        final ModelJob job = context.state.find(tenant, command.jobId());
        if (job == null) {
            return expected.refused(RejectReason.JOB_NOT_FOUND);
        }
        final List<ModelJob> repeated = repeated(expected.session, command.requestId(), command.worker());
        if (job.state == JobState.RUNNING && repeated.contains(job)) {
            return repeat(expected, repeated);
        }
        final RejectReason refusal = switch (job.state) {
            case RUNNING -> RejectReason.JOB_RUNNING;
            case CANCELLED -> RejectReason.JOB_ALREADY_CANCELLED;
            case SUCCEEDED, FAILED -> RejectReason.JOB_TERMINAL;
            case SCHEDULED -> null;
        };
        if (refusal != null) {
            expected.speaksOf(job.changedPosition);
            return expected.refused(refusal);
        }
        final ModelEvent.Leased event = events.take(ModelEvent.Leased.class);
        if (event == null) {
            // Only the environment explains it.
            return expected;
        }
        Claim.equal(
                new ModelEvent.Leased(
                        event.place(),
                        job.key(),
                        job.lastPosition,
                        command.requestId(),
                        job.attempt,
                        event.leaseMs(),
                        0,
                        command.worker(),
                        List.of()),
                event,
                "TaskLeased");
        final ModelReply.Task granted =
                context.grants.grantNamed(context.state, event, job, expected.session, context.monotonicMs);
        return expected.answered(reply -> {
            final List<ModelReply.Task> told = reply.tasks();
            Claim.equal(1, told.size(), "tasks told by", reply);
            Grants.checkTask(granted, told.get(0));
        });
    }

    // ---- Heartbeat

    Expected heartbeat(Expected expected, ModelCommand.Heartbeat command) {
        final RejectReason reason = ArgumentRules.first(context.rules.ofLeases(command.leases(), command.worker()));
        if (reason != null) {
            return expected.refused(reason);
        }
        final List<ModelJob> renewals = new ArrayList<>();
        if (command.leases().isEmpty()) {
            for (ModelJob job : context.state.runningOf(command.worker())) {
                if (ModelContext.isVisible(expected.session, job)) {
                    renew(job, expected.session);
                    renewals.add(job);
                }
            }
            final TreeSet<String> calledOff = new TreeSet<>();
            for (ModelJob job : renewals) {
                if (job.isCancelRequested()) {
                    expected.speaksOf(job.changedPosition);
                    calledOff.add(told(job.key(), job.token, 0, job.runningLease().cancelRequestedAtMs));
                }
            }
            return expected.answered(reply -> {
                final HeartbeatReplyDecoder d = decodeHeartbeat(reply);
                Claim.equal((long) renewals.size(), d.renewed(), "leases renewed by", reply);
                final TreeSet<String> told = new TreeSet<>();
                for (HeartbeatReplyDecoder.LeasesDecoder lease : d.leases()) {
                    Claim.equal((short) 1, lease.cancelled(), "a lease that nobody named, told of by", reply);
                    told.add(told(lease.jobKey(), lease.token(), lease.code(), lease.cancelledAtMs()));
                }
                Claim.equal(calledOff, told, "leases to be cancelled, told by", reply);
            });
        }
        final List<Long> calledOffAtMs = new ArrayList<>();
        final BatchAnswer answer = new BatchAnswer();
        for (ModelCommand.NamedLease named : command.leases()) {
            final ModelJob job = writes.leased(expected, named);
            RejectReason refusal = null;
            if (job == null || job.state != JobState.RUNNING) {
                refusal = RejectReason.LEASE_NOT_FOUND;
            } else if (!job.runningLease().worker.equals(command.worker())) {
                refusal = RejectReason.LEASE_OWNER_MISMATCH;
            } else {
                renew(job, expected.session);
                renewals.add(job);
            }
            final long atMs = refusal == null && job != null ? job.runningLease().cancelRequestedAtMs : 0;
            if (atMs != 0 && job != null) {
                expected.speaksOf(job.changedPosition);
            }
            calledOffAtMs.add(atMs);
            answer.add(refusal, named.jobKey(), named.jobKey());
        }
        return expected.answered(reply -> {
            final HeartbeatReplyDecoder d = decodeHeartbeat(reply);
            Claim.equal((long) renewals.size(), d.renewed(), "leases renewed by", reply);
            int index = 0;
            for (HeartbeatReplyDecoder.LeasesDecoder lease : d.leases()) {
                Claim.check(
                        index < command.leases().size()
                                && command.leases().get(index).token() == lease.token(),
                        "%s names another token",
                        reply);
                Claim.equal(calledOffAtMs.get(index), lease.cancelledAtMs(), "cancel request told by", reply);
                Claim.equal(
                        calledOffAtMs.get(index) != 0, lease.cancelled() != 0, "mark of a cancel request in", reply);
                answer.check(index++, lease.jobKey(), lease.code(), expected.command);
            }
            Claim.equal(answer.size(), index, "results of", reply);
        });
    }

    private static String told(long jobKey, long token, int code, long cancelledAtMs) {
        return jobKey + " " + token + ' ' + code + ' ' + cancelledAtMs;
    }

    private void renew(ModelJob job, Session session) {
        job.runningLease().renew(context.monotonicMs, session.id());
        context.state.touch(job);
    }

    private static HeartbeatReplyDecoder decodeHeartbeat(ModelReply reply) {
        Claim.equal(HeartbeatReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
        return new HeartbeatReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
    }

    // ---- Subscribe and Unsubscribe

    Expected subscribe(Expected expected, ModelCommand.Subscribe command) {
        RejectReason reason = ArgumentRules.first(context.rules.of(expected.session, command));
        reason = reason != null ? reason : context.subscriptions.refusal(expected.session, command);
        if (reason != null) {
            return expected.refused(reason);
        }
        return expected.refused(RejectReason.TOO_MANY_SUBSCRIPTIONS).answered(reply -> {
            checkSubscription(reply, command.id());
            if (!context.replies.isClosed(expected.session)) {
                context.subscriptions.subscribe(expected.session, command, expected.appendedEnough);
            }
        });
    }

    Expected unsubscribe(Expected expected, ModelCommand.Unsubscribe command) {
        if (!context.subscriptions.unsubscribe(expected.session, command.id())) {
            return expected.refused(RejectReason.SUBSCRIPTION_NOT_FOUND);
        }
        return expected.answered(reply -> checkSubscription(reply, command.id()));
    }

    private static void checkSubscription(ModelReply reply, long id) {
        Claim.equal(SubscribeReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
        final long told = new SubscribeReplyDecoder()
                .wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder())
                .subscriptionId();
        Claim.equal(id, told, "subscription of", reply);
    }

    /** Tasks were pushed: to a subscription with credits, which it spends. */
    void push(ModelReply reply) {
        final long id = reply.subscriptionId();
        final List<ModelReply.Task> tasks = reply.tasks();
        Claim.check(!tasks.isEmpty(), "%s pushes nothing", reply);
        final Asker asker = context.grants.tell(context.state, reply, tasks, id);
        Claim.check(
                context.subscriptions.find(reply.session(), id) == asker || context.replies.isClosed(reply.session()),
                "%s goes to a subscription that ended",
                reply);
        Claim.check(reply.isDurable() || asker.appendedEnough, "%s is not durable, as %s asked for", reply, asker);
        asker.credits -= tasks.size();
    }
}
