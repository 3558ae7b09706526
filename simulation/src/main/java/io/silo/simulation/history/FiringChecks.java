package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.concurrent.TimeUnit;

/**
 * What holds of the jobs that schedules bring: {@link Invariant#PHANTOM_FIRING}, {@link Invariant#DOUBLE_FIRING},
 * {@link Invariant#STOPPED_FIRING} and {@link Invariant#MISSED_FIRING}.
 */
final class FiringChecks {
    /** No copy of a call that the network made arrives later than this after it. */
    private static final long COPY_NS = TimeUnit.SECONDS.toNanos(10);

    /** So long after the last fault a broker may take to be itself again, ms. */
    private static final long SETTLED_MS = 5_000;

    /** So much the clock of a duty cycle may be ahead of the answers to its commands, ms. */
    private static final long AHEAD_MS = 1_000;

    private final Timeline timeline;
    private final Findings findings;
    private final JobTrace job;
    private final ScheduleTrace schedule;
    private final long nominalMs;

    FiringChecks(Timeline timeline, Findings findings, JobTrace job, ScheduleTrace schedule) {
        this.timeline = timeline;
        this.findings = findings;
        this.job = job;
        this.schedule = schedule;
        this.nominalMs = ScheduleTrace.nominalMs(job.ref);
    }

    void check() {
        for (final Grant grant : job.grants) {
            if (!schedule.fires(nominalMs, grant.index)) {
                found(Invariant.PHANTOM_FIRING, grant + " is of a firing that no schedule has.");
            }
            if (grant.lease.attempt() == 1 && grant.lease.startAtMs() < nominalMs) {
                found(Invariant.PHANTOM_FIRING, grant + " starts at " + grant.lease.startAtMs() + ", before its time.");
            }
            checkStopped(grant);
        }
        for (int i = 1; i < job.grants.size(); i++) {
            final Grant before = job.grants.get(i - 1);
            final Grant grant = job.grants.get(i);
            final boolean stand = before.durable && grant.durable || !timeline.isPowerLost(0, grant.index);
            if (before.lease.jobKey() != grant.lease.jobKey() && stand) {
                found(
                        Invariant.DOUBLE_FIRING,
                        "one firing brought both the job of " + before + " and that of " + grant + ".");
            }
        }
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            checkMissed(read);
        }
    }

    /** A read that was made when the firing must have brought its job finds it. */
    private void checkMissed(Call<Entry.ReadInvoked> read) {
        final Expectations.Clock clock = timeline.expectations().clock();
        if (clock == null
                || timeline.expectations().keptMs() != Expectations.FOREVER
                || !read.isAnswered(RejectReason.JOB_NOT_FOUND)
                || !isSettled(clock, read.invoked.atNs())
                || job.changes.stream().anyMatch(change -> change.invoked.change() == Entry.Change.DELETE)) {
            return;
        }
        for (final ScheduleTrace.Change put : schedule.changes) {
            if (mustFire(clock, put)) {
                found(
                        Invariant.MISSED_FIRING,
                        "the read of " + read + " does not find it, but the schedule of " + put + " was to bring it.");
                return;
            }
        }
    }

    /** Whether a call at a time finds that done which was due at the nominal time, and would have been sooner but for faults. */
    private boolean isSettled(Expectations.Clock clock, long atNs) {
        return clock.wallMs(atNs) >= Math.max(nominalMs, clock.wallMs(clock.healedAtNs())) + SETTLED_MS;
    }

    /** Whether the schedule that was put, and nothing else that was asked for, decided what became of this firing. */
    private boolean mustFire(Expectations.Clock clock, ScheduleTrace.Change put) {
        final long firstNs = put.durable ? Math.max(timeline.atNs(put.to), put.invoked.atNs() + COPY_NS) : 0;
        final boolean isUpAtTime = nominalMs >= clock.wallMs(clock.healedAtNs()) + SETTLED_MS;
        if (!put.durable
                || !put.fires(nominalMs)
                || !put.invoked.uniqueKey().isEmpty()
                || nominalMs < clock.wallMs(firstNs) + AHEAD_MS
                || !put.invoked.firesAll() && !isUpAtTime) {
            return false;
        }
        for (final ScheduleTrace.Change other : schedule.changes) {
            final boolean isOver = other.to < put.from && other.invoked.atNs() + COPY_NS < put.invoked.atNs();
            if (other != put && !isOver && !isSettled(clock, other.invoked.atNs())) {
                return false;
            }
        }
        return true;
    }

    /** A job is younger than another that was first asked for when the schedule had stopped: so was its firing. */
    private void checkStopped(Grant grant) {
        for (final ScheduleTrace.Change stop : schedule.changes) {
            if (!stop.isStop()
                    || !stop.isOk
                    || stop.to > grant.index
                    || timeline.isPowerLost(stop.from, grant.index)
                    || stop.place.shard() != grant.lease.shard()
                    || mayGoOn(stop, grant.index)) {
                continue;
            }
            final JobTrace younger = timeline.firstEnqueued(stop.place.shard(), stop.to, grant.lease.jobKey());
            if (younger != null) {
                found(
                        Invariant.STOPPED_FIRING,
                        grant + " is of job key " + grant.lease.jobKey() + ", after " + younger.ref
                                + ", which was enqueued after " + stop + ".");
                return;
            }
        }
    }

    /** Whether a call made before an entry, or a copy of it, may let the schedule fire after it was stopped. */
    private boolean mayGoOn(ScheduleTrace.Change stop, int until) {
        for (final ScheduleTrace.Change other : schedule.changes) {
            final boolean isOver = other.to < stop.from && other.invoked.atNs() + COPY_NS < stop.invoked.atNs();
            if (!other.isStop() && other.from < until && !isOver) {
                return true;
            }
        }
        return false;
    }

    private void found(Invariant invariant, String sentence) {
        findings.add(invariant, job.ref, sentence);
    }
}
