package io.silo.simulation.model;

import io.silo.protocol.Session;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.ReturnReason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Judges what a shard appends of its own accord: grants, ends of leases, images, digests. */
final class InternalJudge {
    private static final String WORKER_CRASHED = "WORKER_CRASHED";

    private final ModelContext context;
    private final Set<Long> closedSessions = new HashSet<>();
    private final Set<Object> lateBefore = new HashSet<>();
    private long carriedThrough = -1;

    InternalJudge(ModelContext context) {
        this.context = context;
    }

    void judge(List<ModelEvent> record) {
        final List<ModelEvent.Leased> grants = new ArrayList<>();
        for (ModelEvent event : record) {
            if (event instanceof ModelEvent.Leased leased) {
                grants.add(leased);
            }
        }
        if (grants.size() == record.size()) {
            final List<Asker> askers = new ArrayList<>(context.subscriptions.all());
            askers.addAll(context.waitingCalls);
            context.grants.grant(context.state, grants, askers, context.monotonicMs);
            return;
        }
        for (ModelEvent event : record) {
            judge(event);
        }
    }

    private void judge(ModelEvent event) {
        if (event instanceof ModelEvent.Ended ended) {
            expired(ended);
        } else if (event instanceof ModelEvent.Returned returned) {
            returned(returned);
        } else if (event instanceof ModelEvent.Digest digest) {
            Claim.equal((long) context.state.jobCount(), digest.jobCount(), "jobs counted by", digest);
        } else if (event instanceof ModelEvent.CarriedThrough carried) {
            carried(carried);
        } else if (event instanceof ModelEvent.Chunk chunk) {
            Claim.check(
                    chunk.uploadId() == 0, "a part of an upload was appended without its command: %s", chunk.place());
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

    private void expired(ModelEvent.Ended event) {
        final ModelJob job = jobOf(event.jobKey(), event);
        final ModelLease lease = job.runningLease();
        Claim.check(event.expired() && event.outcome() == Outcome.FAILED, "nobody reported %s", event);
        Claim.equal(WORKER_CRASHED, event.errorCode(), "error code of", event);
        Claim.equal(lease.startedAtMs, event.startedAtMs(), "start of the attempt of", event);
        Claim.check(
                lease.session != ModelLease.NOBODY,
                "nobody claimed the %s since the restart: it is to be returned",
                lease);
        checkDeadline(job, lease);
        job.definition.retry().check(job.relativeAttempt, event.place().timeMs(), event.nextStartMs());
    }

    private void returned(ModelEvent.Returned event) {
        final ModelJob job = jobOf(event.jobKey(), event);
        final ModelLease lease = job.runningLease();
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
        carriedThrough = event.firstPosition();
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
        }
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
            if (asker.credits > 0 && context.state.ready().count(asker.taskGroup, asker.filter()) > 0) {
                late.add(asker);
            }
        }
    }

    void reopened(long firstPosition) {
        closedSessions.clear();
        lateBefore.clear();
        carriedThrough = firstPosition;
    }
}
