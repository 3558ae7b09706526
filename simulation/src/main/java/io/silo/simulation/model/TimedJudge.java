package io.silo.simulation.model;

import io.silo.shard.command.Retention;
import io.silo.shard.state.JobState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges what time brings beside the ends of leases: firings of schedules, and the retention of ended jobs. */
final class TimedJudge {
    private final ModelContext context;

    TimedJudge(ModelContext context) {
        this.context = context;
    }

    /** Judges and applies a record of firings, or of deletions; false if it is neither. */
    boolean judge(List<ModelEvent> record) {
        final ModelEvent first = record.get(0);
        if (first instanceof ModelEvent.Deleted) {
            for (ModelEvent event : record) {
                forgotten(event);
            }
            return true;
        }
        if (!(first instanceof ModelEvent.Enqueued) && !(first instanceof ModelEvent.ScheduleFired)) {
            return false;
        }
        final EventCursor events = new EventCursor(record);
        ModelEvent.Enqueued job = events.take(ModelEvent.Enqueued.class);
        ModelEvent.ScheduleFired fired = events.take(ModelEvent.ScheduleFired.class);
        while (fired != null) {
            fired(job, fired);
            job = events.take(ModelEvent.Enqueued.class);
            fired = events.take(ModelEvent.ScheduleFired.class);
        }
        Claim.check(job == null, "nobody asked for %s", job == null ? "" : job.definition());
        events.checkAllTaken("a firing");
        return true;
    }

    // ---- schedules

    private void fired(ModelEvent.@Nullable Enqueued brought, ModelEvent.ScheduleFired fired) {
        final ModelSchedule schedule = context.state.schedules().first();
        if (schedule == null || !schedule.isDue(context.nowMs)) {
            throw new AssertionError("no schedule is due at " + context.nowMs + ": " + fired + ", next is " + schedule);
        }
        final long nominalMs = schedule.nominalMs(context.nowMs);
        final JobDefinition right = jobOf(schedule, nominalMs);
        Claim.equal(
                String.valueOf(right),
                String.valueOf(brought == null ? null : brought.definition()),
                "job of " + schedule);
        if (right != null && brought != null) {
            Claim.equal(right, brought.definition(), "JobEnqueued");
            context.came(right);
            context.state.apply(brought);
        }
        Claim.equal(
                new ModelEvent.ScheduleFired(
                        fired.place(),
                        schedule.key(),
                        nominalMs,
                        schedule.nextAfter(nominalMs),
                        right == null ? -1 : right.jobKey()),
                fired,
                "ScheduleFired");
        context.state.apply(fired);
    }

    /** The job that a firing brings; null if it is left out, its id or its unique key is taken, or its tenant may have no more. */
    private @Nullable JobDefinition jobOf(ModelSchedule schedule, long nominalMs) {
        final String at = Instant.ofEpochMilli(nominalMs).toString();
        final String id = schedule.id() + '@' + new String(at.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        final JobDefinition template = schedule.template();
        if (schedule.isLeftOut(nominalMs, context.nowMs)
                || context.state.find(schedule.tenant(), id) != null
                || context.state.holderOf(schedule.tenant(), template.uniqueKey(), null) != null) {
            return null;
        }
        final JobDefinition job = template.of(
                context.state.nextJobKey(),
                id,
                context.nowMs,
                nominalMs,
                schedule.startWithinMs() == 0 ? 0 : nominalMs + schedule.startWithinMs());
        return context.refusesNew(job) ? null : job;
    }

    /** What carry-forward says of a schedule is what is known of it. */
    void image(ModelEvent.ScheduleSet image) {
        final ModelSchedule known =
                context.state.schedules().find(image.schedule().key());
        Claim.check(
                known != null && known.hasLogOf(image.schedule().at(known.position(), 0)),
                "image of a schedule says\n  %s\nright is\n  %s",
                image.schedule(),
                known);
    }

    // ---- retention

    private void forgotten(ModelEvent event) {
        Claim.check(event instanceof ModelEvent.Deleted, "%s stands among deletions", event);
        final ModelEvent.Deleted deleted = (ModelEvent.Deleted) event;
        final ModelJob job = context.state.find(deleted.jobKey());
        if (job == null || !job.state.isTerminal()) {
            throw new AssertionError(job + " has not ended, but is forgotten: " + deleted);
        }
        final boolean isOld = isOld(job);
        Claim.check(isOld || isTooMany(), "nobody asked to forget %s, ended at %d", job, job.changedAtMs);
        for (ModelJob other : context.state.jobs()) {
            // What is due by its age goes first; among equals, what ended first.
            final boolean isBefore = other.state.isTerminal()
                    && other.changedAtMs < job.changedAtMs
                    && (isOld ? other.state == job.state : true);
            Claim.check(
                    !isBefore && (isOld || !isOld(other)),
                    "%s is forgotten, ended at %d, before %s, ended at %d",
                    job,
                    job.changedAtMs,
                    other,
                    other.changedAtMs);
        }
        Claim.equal(
                new ModelEvent.Deleted(
                        deleted.place(),
                        job.key(),
                        job.lastPosition,
                        job.definition.requestId(),
                        RememberedRequests.hash(job.definition.tenant(), job.definition.jobId())),
                deleted,
                "JobDeleted");
        context.state.apply(deleted);
    }

    private boolean isOld(ModelJob job) {
        final Retention.Limits limits = context.settings.retention();
        final long ageMs = switch (job.state) {
            case SUCCEEDED -> limits.succeededMs();
            case FAILED -> limits.failedMs();
            case CANCELLED -> limits.cancelledMs();
            case SCHEDULED, RUNNING -> 0;
        };
        return ageMs > 0 && context.nowMs - job.changedAtMs >= ageMs;
    }

    private boolean isTooMany() {
        int ended = 0;
        for (ModelJob job : context.state.jobs()) {
            ended += job.state == JobState.SCHEDULED || job.state == JobState.RUNNING ? 0 : 1;
        }
        return ended > context.settings.retention().jobsMax();
    }

    /** What should have been done by now. */
    void addDue(Set<Object> late) {
        final ModelSchedule first = context.state.schedules().first();
        if (first != null && first.isDue(context.nowMs)) {
            late.add(first);
        }
        if (context.settings.retention().equals(Retention.Limits.NONE)) {
            return;
        }
        if (isTooMany()) {
            late.add("retention by count");
        }
        for (ModelJob job : context.state.jobs()) {
            if (isOld(job)) {
                late.add(job);
            }
        }
    }
}
