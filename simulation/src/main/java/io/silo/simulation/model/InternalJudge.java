package io.silo.simulation.model;

import io.silo.protocol.Session;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.protocol.event.ReturnReason;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Judges what a shard appends of its own accord: grants, ends of leases, images, digests. */
final class InternalJudge {
    private static final String WORKER_CRASHED = "WORKER_CRASHED";
    private static final String CRASH_LOOP = "CRASH_LOOP";
    private static final String MAX_RUN_EXCEEDED = "MAX_RUN_EXCEEDED";
    private static final String START_DEADLINE_EXCEEDED = "START_DEADLINE_EXCEEDED";
    private static final String RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED";

    /** MessagePack: a string, its length in two bytes. */
    private static final char STR_16 = 0xDA;

    private final ModelContext context;
    private final TimedJudge timed;
    private final BulkJudge bulks;
    private final Set<Long> closedSessions = new HashSet<>();
    private final Set<Object> lateBefore = new HashSet<>();
    private final Set<Session> behind = new HashSet<>();
    private long carriedThrough = -1;

    InternalJudge(ModelContext context, BulkJudge bulks) {
        this.context = context;
        this.bulks = bulks;
        this.timed = new TimedJudge(context);
    }

    void judge(List<ModelEvent> record) {
        final List<ModelEvent.Leased> grants = new ArrayList<>();
        int late = 0;
        for (ModelEvent event : record) {
            if (event instanceof ModelEvent.Leased leased) {
                grants.add(leased);
            } else if (event instanceof ModelEvent.Refused) {
                late++;
            }
        }
        if (!grants.isEmpty() && grants.size() + late == record.size()) {
            // Jobs that came up too late in between: each was the next when it was met, so none of them is missed.
            for (ModelEvent event : record) {
                if (event instanceof ModelEvent.Refused refused) {
                    refused(context, refused);
                }
            }
            final List<Asker> askers = new ArrayList<>(context.subscriptions.all());
            askers.addAll(context.waitingCalls);
            context.grants.grant(context.state, grants, askers, context.monotonicMs);
            return;
        }
        if (bulks.judge(record) || timed.judge(record)) {
            return;
        }
        for (ModelEvent event : record) {
            judge(event);
        }
    }

    private void judge(ModelEvent event) {
        if (event instanceof ModelEvent.Refused refused) {
            refused(context, refused);
            return;
        }
        if (event instanceof ModelEvent.Ended ended) {
            ended(ended);
        } else if (event instanceof ModelEvent.Returned returned) {
            returned(returned);
        } else if (event instanceof ModelEvent.Digest digest) {
            Claim.equal((long) context.state.jobCount(), digest.jobCount(), "jobs counted by", digest);
        } else if (event instanceof ModelEvent.CarriedThrough carried) {
            carried(carried);
        } else if (event instanceof ModelEvent.Chunk chunk) {
            Claim.check(
                    chunk.uploadId() == 0, "a part of an upload was appended without its command: %s", chunk.place());
        } else if (event instanceof ModelEvent.Remembered remembered) {
            remembered(remembered);
        } else if (event instanceof ModelEvent.ScheduleSet image) {
            timed.image(image);
        } else if (event instanceof ModelEvent.PauseSet image) {
            Claim.check(
                    image.paused() && context.state.pauses().isPaused(image.kind(), image.name()),
                    "nobody asked for %s",
                    image);
        } else if (event instanceof ModelEvent.BucketSet alone) {
            context.state.rates().checkAlone(alone, context.state.jobs());
        } else if (event instanceof ModelEvent.BucketDropped dropped) {
            Claim.check(context.state.rates().contains(dropped.id()), "there is no such bucket: %s", dropped);
        } else if (event instanceof ModelEvent.LimitSet image) {
            final Long max = context.state.limits().setMax(new ModelLimits.Key(image.tenant(), image.key()));
            Claim.check(max != null && max.equals(image.max()), "nobody asked for %s", image);
        } else if (event instanceof ModelEvent.FloatingLimitSet image) {
            final ModelFloating.Finding known =
                    context.state.limits().finding(new ModelLimits.Key(image.tenant(), image.key()));
            Claim.check(known != null && known.equals(image.finding()), "nobody asked for %s", image);
        } else if (event instanceof ModelEvent.TenantSet image) {
            Claim.check(
                    !image.settings().equals(ModelTenants.Settings.DEFAULT)
                            && image.settings().equals(context.state.tenants().of(image.tenant())),
                    "nobody asked for %s",
                    image);
        } else if (event instanceof ModelEvent.BulkStarted image) {
            bulks.image(image);
        } else {
            Claim.check(event instanceof ModelEvent.Image, "nobody asked for %s", event);
        }
        context.state.apply(event);
    }

    private ModelJob jobOf(long jobKey, ModelEvent event) {
        final ModelJob job = context.state.find(jobKey);
        if (job == null || job.lease == null) {
            throw new AssertionError("no lease lives of the job of " + event + ": " + job);
        }
        return job;
    }

    /** Judges and applies the end of a job that was not started in time. */
    static void refused(ModelContext context, ModelEvent.Refused event) {
        final ModelJob job = context.state.find(event.jobKey());
        if (job != null && event.errorCode().equals(RATE_LIMIT_EXCEEDED)) {
            exceeded(context, event, job);
            return;
        }
        if (job == null || !job.mustStartInTime() || job.definition.startDeadlineMs() >= context.nowMs) {
            throw new AssertionError(
                    "nothing is wrong with the start of " + job + " at " + context.nowMs + ": " + event);
        }
        Claim.equal(
                new ModelEvent.Refused(
                        event.place(), job.key(), job.lastPosition, -1, job.attempt, START_DEADLINE_EXCEEDED),
                event,
                "AttemptRefused");
        context.state.apply(event);
    }

    /** Judges and applies the end of an attempt that a rate limit did not let begin. */
    private static void exceeded(ModelContext context, ModelEvent.Refused event, ModelJob job) {
        Claim.check(
                job.state == JobState.SCHEDULED
                        && job.startMs <= context.nowMs
                        && job.definition.limits().stream()
                                .map(ModelLimit::rate)
                                .anyMatch(rate -> rate != null && rate.maxRetries() > 0),
                "no rate limit ends an attempt of %s: %s",
                job,
                event);
        job.definition.retry().check(job.relativeAttempt, event.place().timeMs(), event.nextStartMs());
        Claim.equal(
                new ModelEvent.Refused(
                        event.place(),
                        job.key(),
                        job.lastPosition,
                        event.nextStartMs(),
                        job.attempt,
                        RATE_LIMIT_EXCEEDED),
                event,
                "AttemptRefused");
        context.state.apply(event);
    }

    private void ended(ModelEvent.Ended event) {
        final ModelJob job = jobOf(event.jobKey(), event);
        final ModelLease lease = job.runningLease();
        Claim.check(event.leaseEnd() != LeaseEnd.REPORTED, "nobody reported %s", event);
        if (event.leaseEnd() == LeaseEnd.RETURNED) {
            Claim.check(
                    closedSessions.contains(lease.session) || lease.session == ModelLease.NOBODY,
                    "session %d still has %s",
                    lease.session,
                    job);
            if (lease.session == ModelLease.NOBODY) {
                checkDeadline(job, lease);
            }
            Claim.check(job.isCancelRequested(), "nobody called %s off", job);
            Claim.equal(WriteJudge.calledOff(job, event.place(), LeaseEnd.RETURNED), event, "end of an attempt");
            return;
        }
        Claim.check(
                lease.session != ModelLease.NOBODY,
                "nobody claimed the %s since the restart: it is to be returned",
                lease);
        checkDeadline(job, lease);
        final boolean overran = lease.deadlineMs == lease.runDeadlineMs;
        final LeaseEnd end = overran ? LeaseEnd.OVERRAN : LeaseEnd.EXPIRED;
        if (job.isCancelRequested()) {
            Claim.equal(WriteJudge.calledOff(job, event.place(), end), event, "end of an attempt");
        } else {
            checkExpiry(job, lease, end, event);
        }
    }

    private void checkExpiry(ModelJob job, ModelLease lease, LeaseEnd end, ModelEvent.Ended event) {
        final boolean isLoop = end == LeaseEnd.EXPIRED && job.crashes + 1 >= context.settings.crashLoopMax();
        if (!isLoop) {
            job.definition.retry().check(job.relativeAttempt, event.place().timeMs(), event.nextStartMs());
        }
        final long nextStartMs = isLoop ? -1 : event.nextStartMs();
        final String text = "lease expired at " + (context.nowMs - (context.monotonicMs - lease.deadlineMs)) + " (now "
                + context.nowMs + ", worker=" + lease.worker + ')';
        final String data =
                String.valueOf(STR_16) + (char) (text.length() >>> 8) + (char) (text.length() & 0xFF) + text;
        Claim.equal(
                new ModelEvent.Ended(
                        event.place(),
                        job.key(),
                        job.lastPosition,
                        Outcome.FAILED,
                        job.attempt,
                        lease.startedAtMs,
                        nextStartMs,
                        -1,
                        -1,
                        data.length(),
                        Checksum.of(data),
                        PayloadEncoding.MSGPACK.value(),
                        end,
                        nextStartMs == -1 ? JobState.FAILED : JobState.SCHEDULED,
                        end == LeaseEnd.OVERRAN ? MAX_RUN_EXCEEDED : isLoop ? CRASH_LOOP : WORKER_CRASHED,
                        data),
                event,
                "end of an attempt");
    }

    private void remembered(ModelEvent.Remembered event) {
        final RememberedRequests.Gone gone =
                context.state.requests().all().get(new RememberedRequests.Key(event.requestId(), event.jobIdHash()));
        Claim.check(
                gone != null && gone.jobKey() == event.jobKey() && gone.removedAtMs() == event.removedAtMs(),
                "%s is remembered as %s",
                gone,
                event);
    }

    private void returned(ModelEvent.Returned event) {
        final ModelJob job = jobOf(event.jobKey(), event);
        final ModelLease lease = job.runningLease();
        Claim.check(!job.isCancelRequested(), "%s is to be cancelled, and was put back: %s", job, event);
        Claim.equal(-1L, event.nextStartMs(), "next start of", event);
        if (event.reason() == ReturnReason.SESSION_CLOSED) {
            Claim.check(
                    closedSessions.contains(lease.session),
                    "%s of session %d was returned, which was not closed",
                    job,
                    lease.session);
            return;
        }
        Claim.check(event.reason() == ReturnReason.UNCLAIMED_AFTER_RESTART, "no worker asked for %s", event);
        Claim.check(lease.session == ModelLease.NOBODY, "session %d claimed %s", lease.session, job);
        checkDeadline(job, lease);
    }

    private void checkDeadline(ModelJob job, ModelLease lease) {
        Claim.check(
                lease.deadlineMs <= context.monotonicMs,
                "the lease of %s lasts to %d and ended at %d",
                job,
                lease.deadlineMs,
                context.monotonicMs);
    }

    /** Everything live must lie at or behind the position named: what is before it may go. */
    private void carried(ModelEvent.CarriedThrough event) {
        Claim.check(event.firstPosition() > carriedThrough, "%s is behind %d", event, carriedThrough);
        Claim.check(event.firstPosition() <= event.place().position(), "%s names a later record", event);
        Claim.equal(context.state.nextJobKey(), event.nextArrival(), "next arrival of", event);
        for (ModelJob job : context.state.jobs()) {
            Claim.check(
                    job.neededFrom() >= event.firstPosition(),
                    "%s is needed from position %d on, but %s lets go of it",
                    job,
                    job.neededFrom(),
                    event);
        }
        for (ModelSchedule schedule : context.state.schedules().byName()) {
            Claim.check(
                    schedule.position() >= event.firstPosition(),
                    "%s is needed, but %s lets go of it",
                    schedule,
                    event);
        }
        for (ModelBulk bulk : context.state.bulks().all()) {
            Claim.check(bulk.position() >= event.firstPosition(), "%s is needed, but %s lets go of it", bulk, event);
        }
        context.state
                .pauses()
                .positions()
                .forEach((paused, position) -> Claim.check(
                        position >= event.firstPosition(), "pause %s is needed, but %s lets go of it", paused, event));
        context.state
                .rates()
                .positions()
                .forEach((bucket, position) -> Claim.check(
                        position >= event.firstPosition(), "%s is needed, but %s lets go of it", bucket, event));
        context.state
                .limits()
                .positions()
                .forEach((key, position) ->
                        Claim.check(position >= event.firstPosition(), "%s is set, but %s lets go of it", key, event));
        context.state
                .tenants()
                .positions()
                .forEach((tenant, position) -> Claim.check(
                        position >= event.firstPosition(),
                        "settings of %s are needed, but %s lets go of them",
                        tenant,
                        event));
        context.state
                .requests()
                .all()
                .forEach((key, gone) -> Claim.check(
                        !gone.isInForce(context.nowMs) || gone.position() >= event.firstPosition(),
                        "%s of %s is in force, but %s lets go of it",
                        gone,
                        key,
                        event));
        carriedThrough = event.firstPosition();
    }

    /** The session's client reads nothing: it is pushed nothing in this duty cycle. */
    void behind(Session session) {
        behind.add(session);
    }

    void sessionClosed(Session session) {
        closedSessions.add(session.id());
    }

    /**
     * Leases of closed sessions went back at once, expired ones ended, and who could be given a task got it: in the duty cycle after
     * next at the latest, since a log may have to wait for its next cycle.
     *
     * @param isIdle whether nothing was appended in this duty cycle.
     */
    void checkProgress(boolean isIdle) {
        final Set<Object> nowLate = new HashSet<>();
        if (!context.roomIsShort) {
            checkLeases(nowLate);
            checkAskers(nowLate);
            timed.addDue(nowLate);
            for (ModelJob job : context.state.toStartInTime()) {
                if (job.definition.startDeadlineMs() < context.nowMs) {
                    nowLate.add(job);
                }
            }
        }
        behind.clear();
        for (Object late : nowLate) {
            Claim.check(
                    !isIdle || !lateBefore.contains(late),
                    "nothing was done at %d (%d) and before, though a task or an end is due to %s",
                    context.monotonicMs,
                    context.nowMs,
                    late);
        }
        lateBefore.clear();
        if (isIdle) {
            lateBefore.addAll(nowLate);
        }
    }

    private void checkLeases(Set<Object> late) {
        for (ModelJob job : context.state.running()) {
            final ModelLease lease = job.runningLease();
            Claim.check(!closedSessions.contains(lease.session), "%s was not returned by its closed session", job);
            if (lease.deadlineMs <= context.monotonicMs) {
                late.add(job);
            }
        }
    }

    private void checkAskers(Set<Object> late) {
        final List<Asker> askers = new ArrayList<>(context.subscriptions.all());
        askers.addAll(context.waitingCalls);
        for (Asker asker : askers) {
            Claim.check(
                    asker.credits + asker.uncertainCredits >= 0,
                    "%s got more tasks than it had credits for: %d",
                    asker,
                    asker.credits);
            if (asker.credits > 0
                    && (asker.isCall() || !behind.contains(asker.session))
                    && context.state.ready().certain(asker.taskGroup, asker.filter()) > 0) {
                late.add(asker);
            }
        }
    }

    void reopened(long firstPosition) {
        closedSessions.clear();
        lateBefore.clear();
        behind.clear();
        carriedThrough = firstPosition;
    }
}
