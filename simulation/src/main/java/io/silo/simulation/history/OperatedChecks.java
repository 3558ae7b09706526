package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What holds of a job that somebody cancelled, restarted, expedited, deleted, imported or leased by its id:
 * {@link Invariant#CANCELLED_RUNS}, {@link Invariant#DELETED_SEEN}, and what is left of the rules for other jobs.
 *
 * <p>A call of this kind has no request id, so a copy of it that the network made may take effect after its answer: what one call did
 * counts only where no call that may undo it was made before, answered or not.
 */
final class OperatedChecks {
    /** What a cancelled job may run again after. */
    private static final Set<Entry.Change> NEW_STARTS =
            EnumSet.of(Entry.Change.RESTART, Entry.Change.IMPORT, Entry.Change.DELETE);

    private static final Set<Entry.Change> DELETE = EnumSet.of(Entry.Change.DELETE);
    private static final Set<Entry.Change> ENDS_AS_CANCELLED = EnumSet.of(Entry.Change.CANCEL, Entry.Change.IMPORT);
    private static final Set<Entry.Change> IMPORT = EnumSet.of(Entry.Change.IMPORT);

    private final Timeline timeline;
    private final Findings findings;
    private final JobTrace job;

    OperatedChecks(Timeline timeline, Findings findings, JobTrace job) {
        this.timeline = timeline;
        this.findings = findings;
        this.job = job;
    }

    void check(boolean drained) {
        for (final Call<Entry.ChangeInvoked> change : job.changes) {
            if (change.isOk() && change.place.position() >= 0) {
                switch (change.invoked.change()) {
                    case CANCEL -> checkCancelled(change);
                    case DELETE -> checkDeleted(change);
                    default -> {
                        // Nothing is over with it.
                    }
                }
            }
        }
        checkNumbers();
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            checkRead(read);
        }
        if (drained) {
            checkDrained();
        }
    }

    private boolean isAsked(Set<Entry.Change> changes, int until) {
        for (final Call<Entry.ChangeInvoked> change : job.changes) {
            if (change.from < until && changes.contains(change.invoked.change())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a lease lies behind a record, in the log that held it or what became of it. */
    private boolean isBehind(Grant grant, Call<?> call) {
        final Lease lease = grant.lease;
        return lease.shard() == call.place.shard()
                && LeaseToken.position(lease.token()) > call.place.position()
                && (lease.epoch() == call.place.epoch()
                        || Long.compareUnsigned(lease.epoch(), call.place.epoch()) > 0
                                && timeline.survives(call, grant.index));
    }

    /** Whether a read that was made after the answer to a call must show what it did. */
    private boolean mustShow(Call<Entry.ReadInvoked> read, Call<?> call) {
        return read.from > call.to && timeline.survives(call, read.to);
    }

    private void checkCancelled(Call<Entry.ChangeInvoked> cancel) {
        for (final Grant grant : job.grants) {
            if (isBehind(grant, cancel) && !isAsked(NEW_STARTS, grant.index)) {
                found(Invariant.CANCELLED_RUNS, grant + " is granted after the cancel of " + cancel + ".");
            }
        }
        final boolean wasRunning = cancel.status.equals("RUNNING");
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            final JobSeen seen = read.seen;
            if (read.isOk() && seen != null && mustShow(read, cancel) && !isAsked(NEW_STARTS, read.to)) {
                final boolean isRight = seen.status().equals("CANCELLED")
                        || wasRunning
                                && (seen.status().equals("RUNNING")
                                        || seen.status().equals("SUCCEEDED"));
                if (!isRight) {
                    found(
                            Invariant.CANCELLED_RUNS,
                            "the read of " + read + " shows it " + seen.status() + ", but " + cancel
                                    + " cancelled it.");
                }
            }
        }
    }

    private void checkDeleted(Call<Entry.ChangeInvoked> delete) {
        if (delete.jobKey == 0) {
            return;
        }
        for (final Grant grant : job.grants) {
            if (grant.lease.jobKey() == delete.jobKey && isBehind(grant, delete)) {
                found(Invariant.DELETED_SEEN, grant + " is granted after the deletion of " + delete + ".");
            }
        }
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            if (read.isOk() && mustShow(read, delete) && !mayBeMadeAgain(delete, read.to)) {
                found(Invariant.DELETED_SEEN, "the read of " + read + " finds it, but " + delete + " deleted it.");
            }
        }
    }

    private boolean mayBeMadeAgain(Call<?> delete, int until) {
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            if (enqueue.from < until && enqueue.to > delete.from) {
                return true;
            }
        }
        return isAsked(IMPORT, until);
    }

    /** Numbers rise with the tokens, beyond what was reported, and behind a success there is nothing. Within one epoch, all stands. */
    private void checkNumbers() {
        final Map<List<Long>, Grant> highest = new HashMap<>();
        for (final Grant grant : job.grantsByToken()) {
            final List<Long> line = List.of(grant.lease.epoch(), grant.lease.jobKey());
            final Grant before = highest.put(line, grant);
            if (before != null && before.lease.attempt() > grant.lease.attempt()) {
                found(Invariant.ATTEMPT_NUMBER, grant + " comes after " + before + ".");
            }
        }
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.isOk() && report.place.position() >= 0) {
                job.grants.forEach(grant -> checkBehind(grant, report));
            }
        }
    }

    private void checkBehind(Grant grant, Call<Entry.ReportInvoked> report) {
        final Lease over = report.invoked.lease();
        if (grant.lease.jobKey() != over.jobKey()
                || grant.lease.epoch() != report.place.epoch()
                || Grant.compare(grant.lease, over) <= 0) {
            return;
        }
        if (report.invoked.outcome().equals("SUCCEEDED")) {
            found(Invariant.TERMINAL_LEASE, grant + " is granted after " + report + " accepted a success.");
        } else if (grant.lease.attempt() <= over.attempt()) {
            found(
                    Invariant.ATTEMPT_NUMBER,
                    grant + " is granted after " + report + " accepted an outcome of attempt " + over.attempt() + ".");
        }
    }

    private void checkRead(Call<Entry.ReadInvoked> read) {
        final JobSeen seen = read.seen;
        if (read.isAnswered(RejectReason.JOB_NOT_FOUND)) {
            for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
                if (enqueue.isOk() && mustShow(read, enqueue) && !isAsked(DELETE, read.to)) {
                    found(
                            Invariant.LOST_ACKNOWLEDGEMENT,
                            "the read of " + read + " does not find it, but its enqueue of " + enqueue + " did.");
                    return;
                }
            }
        } else if (read.isOk() && seen != null) {
            int last = seen.ended().isEmpty() ? 0 : seen.ended().get(0).attempt() - 1;
            for (final JobSeen.Ended ended : seen.ended()) {
                if (ended.attempt() != ++last) {
                    found(
                            Invariant.IMPOSSIBLE_JOB,
                            "the read of " + read + " shows attempt " + ended.attempt() + " where " + last
                                    + " must be.");
                    return;
                }
                if (ended.outcome().equals("SUCCEEDED")
                        && !isReported(ended.attempt(), read.to)
                        && !isAsked(IMPORT, read.to)) {
                    found(
                            Invariant.PHANTOM_OUTCOME,
                            "the read of " + read + " shows a success of attempt " + ended.attempt()
                                    + " that nobody reported.");
                }
            }
            if (seen.status().equals("CANCELLED")
                    && !isAsked(ENDS_AS_CANCELLED, read.to)
                    && !isReportedCancelled(read.to)) {
                found(
                        Invariant.PHANTOM_OUTCOME,
                        "the read of " + read + " shows it CANCELLED, but nobody asked for that.");
            }
        }
    }

    private boolean isReported(int attempt, int until) {
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.from < until
                    && report.invoked.outcome().equals("SUCCEEDED")
                    && report.invoked.lease().attempt() == attempt) {
                return true;
            }
        }
        return false;
    }

    private boolean isReportedCancelled(int until) {
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.from < until && report.invoked.outcome().equals("CANCELLED")) {
                return true;
            }
        }
        return false;
    }

    /** The last read, if all calls were over when it was made, shows an end. */
    private void checkDrained() {
        final Call<Entry.ReadInvoked> last = job.reads.isEmpty() ? null : job.reads.get(job.reads.size() - 1);
        final JobSeen seen = last == null ? null : last.seen;
        if (last == null || seen == null || seen.isTerminal()) {
            return;
        }
        for (final Call<Entry.ChangeInvoked> change : job.changes) {
            if (change.to > last.from) {
                return;
            }
        }
        found(Invariant.NOT_DRAINED, "its last read of " + last + " shows it " + seen.status() + ".");
    }

    private void found(Invariant invariant, String sentence) {
        findings.add(invariant, job.ref, sentence);
    }
}
