package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Invariant#ATTEMPT_NUMBER} and {@link Invariant#TERMINAL_LEASE} of one job. */
final class AttemptChecks {
    /** Accepted outcomes that a lease is compared with, newest first: earlier ones were compared with those. */
    private static final int WINDOW = 16;

    private final Timeline timeline;
    private final Findings findings;
    private final JobTrace job;
    private final Map<JobTrace.TokenKey, Call<Entry.ReportInvoked>> accepted = new HashMap<>();

    /** Accepted outcomes under the tokens seen so far. */
    private final List<Call<Entry.ReportInvoked>> over = new ArrayList<>();

    // The leases with the highest attempt so far: of all, of those that survive a loss of power, and of this epoch.
    private @Nullable Grant highest;
    private @Nullable Grant highestDurable;
    private @Nullable Grant highestOfEpoch;

    AttemptChecks(Timeline timeline, Findings findings, JobTrace job) {
        this.timeline = timeline;
        this.findings = findings;
        this.job = job;
    }

    void check() {
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.isOk()) {
                accepted.putIfAbsent(JobTrace.key(report.invoked.lease()), report);
            }
        }
        final Call<Entry.ReadInvoked> end = firstEndSeen();
        for (final Grant grant : job.grantsByToken()) {
            checkCount(grant);
            checkRises(grant);
            checkOutcomes(grant);
            if (end != null && isBehind(grant, end)) {
                found(Invariant.TERMINAL_LEASE, grant + " is granted after the read of " + end + " showed its end.");
            }
            add(grant);
        }
    }

    private void checkCount(Grant grant) {
        int retriesMax = -1;
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            retriesMax = Math.max(retriesMax, enqueue.invoked.spec().retryCount());
        }
        final int attempt = grant.lease.attempt();
        if (attempt < 1 || retriesMax >= 0 && attempt > retriesMax + 1) {
            found(Invariant.ATTEMPT_NUMBER, grant + " is outside 1 to " + (retriesMax + 1) + ".");
        }
    }

    private void checkRises(Grant grant) {
        final Grant epoch = highestOfEpoch;
        final boolean sameEpoch = epoch != null && epoch.lease.epoch() == grant.lease.epoch();
        if (!checkNotBelow(grant, highestDurable)
                && !checkNotBelow(grant, sameEpoch ? epoch : null)
                && highest != null
                && timeline.survives(job, highest, grant)) {
            checkNotBelow(grant, highest);
        }
        if (sameEpoch
                && epoch != null
                && epoch.lease.attempt() == grant.lease.attempt()
                && epoch.returnIndex > grant.index
                && !timeline.mayHaveBegunAnew(grant.index)) {
            found(
                    Invariant.ATTEMPT_NUMBER,
                    grant + " has the number of " + epoch + ", which was neither returned nor cut off by a restart.");
        }
    }

    private boolean checkNotBelow(Grant grant, @Nullable Grant earlier) {
        if (earlier == null || grant.lease.attempt() >= earlier.lease.attempt()) {
            return false;
        }
        found(Invariant.ATTEMPT_NUMBER, grant + " comes after " + earlier + ".");
        return true;
    }

    private void checkOutcomes(Grant grant) {
        for (int i = over.size() - 1; i >= Math.max(0, over.size() - WINDOW); i--) {
            final Call<Entry.ReportInvoked> report = over.get(i);
            if (!isOfEpoch(report, grant) && !standTogether(report, grant)) {
                continue;
            }
            final int attempt = report.invoked.lease().attempt();
            if (isEnd(report.invoked)) {
                found(
                        Invariant.TERMINAL_LEASE,
                        grant + " is granted after " + report + " accepted " + report.invoked.outcome() + " of attempt "
                                + attempt + ", which ends the job.");
                return;
            }
            if (grant.lease.attempt() <= attempt) {
                found(
                        Invariant.ATTEMPT_NUMBER,
                        grant + " is granted after " + report + " accepted an outcome of attempt " + attempt + ".");
                return;
            }
        }
    }

    /** Neither went with the power before the other came: a lease that did lets the one before it live again, and end. */
    private boolean standTogether(Call<?> report, Grant grant) {
        return report.durable && grant.durable
                || isAfter(grant, report) && timeline.survives(report, grant.index)
                || !timeline.isPowerLost(job.firstFrom(), Math.max(report.to, grant.index));
    }

    private static boolean isOfEpoch(Call<?> report, Grant grant) {
        return report.place.position() >= 0 && report.place.epoch() == grant.lease.epoch();
    }

    private static boolean isAfter(Grant grant, Call<?> report) {
        return report.place.position() >= 0 && Long.compareUnsigned(grant.lease.epoch(), report.place.epoch()) > 0;
    }

    private boolean isEnd(Entry.ReportInvoked report) {
        final JobSpec spec = job.spec();
        return !report.outcome().equals("FAILED")
                || spec != null && report.lease().attempt() > spec.retryCount();
    }

    private @Nullable Call<Entry.ReadInvoked> firstEndSeen() {
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            if (read.isOk() && read.seen != null && read.seen.isTerminal() && read.place.position() >= 0) {
                return read;
            }
        }
        return null;
    }

    /** Whether a lease lies behind what a read saw, in the log that the read saw or what became of it. */
    private boolean isBehind(Grant grant, Call<Entry.ReadInvoked> end) {
        final Lease lease = grant.lease;
        if (lease.shard() != end.place.shard() || LeaseToken.position(lease.token()) <= end.place.position()) {
            return false;
        }
        return lease.epoch() == end.place.epoch()
                || Long.compareUnsigned(lease.epoch(), end.place.epoch()) > 0 && timeline.survives(end, grant.index);
    }

    private void add(Grant grant) {
        final int attempt = grant.lease.attempt();
        highest = highest == null || attempt >= highest.lease.attempt() ? grant : highest;
        if (grant.durable && (highestDurable == null || attempt >= highestDurable.lease.attempt())) {
            highestDurable = grant;
        }
        final Grant epoch = highestOfEpoch;
        if (epoch == null || epoch.lease.epoch() != grant.lease.epoch() || attempt >= epoch.lease.attempt()) {
            highestOfEpoch = grant;
        }
        final Call<Entry.ReportInvoked> report = accepted.get(JobTrace.key(grant.lease));
        if (report != null) {
            over.add(report);
        }
    }

    private void found(Invariant invariant, String sentence) {
        findings.add(invariant, job.ref, sentence);
    }
}
