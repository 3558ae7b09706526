package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/** {@link Invariant#DUPLICATE_JOB}, {@link Invariant#PHANTOM_JOB}, {@link Invariant#NOT_DRAINED} and payloads of grants. */
final class JobChecks {
    private final Timeline timeline;
    private final Findings findings;
    private final JobTrace job;

    JobChecks(Timeline timeline, Findings findings, JobTrace job) {
        this.timeline = timeline;
        this.findings = findings;
        this.job = job;
    }

    void check(boolean drained) {
        checkEnqueues();
        checkGrants();
        checkReads();
        if (drained) {
            checkDrained();
        }
    }

    private void checkEnqueues() {
        Call<Entry.EnqueueInvoked> firstDurable = null;
        Call<Entry.EnqueueInvoked> last = null;
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            if (enqueue.isAnswered(RejectReason.JOB_EXISTS) && isAlone(enqueue)) {
                found(Invariant.PHANTOM_JOB, enqueue + " say JOB_EXISTS, but nobody else enqueued it by then.");
            }
            if (enqueue.isOk()) {
                if (!checkSame(last, enqueue)) {
                    checkSame(firstDurable, enqueue);
                }
                last = enqueue;
                firstDurable = firstDurable == null && enqueue.durable ? enqueue : firstDurable;
            }
        }
    }

    private boolean isAlone(Call<Entry.EnqueueInvoked> enqueue) {
        for (final Call<Entry.EnqueueInvoked> other : job.enqueues) {
            if (other != enqueue && other.from < enqueue.to) {
                return false;
            }
        }
        return true;
    }

    private boolean checkSame(@Nullable Call<Entry.EnqueueInvoked> first, Call<Entry.EnqueueInvoked> second) {
        if (first == null || !timeline.standTogether(first, second)) {
            return false;
        }
        final boolean differs = first.jobKey != second.jobKey;
        if (differs || !first.invoked.spec().equals(second.invoked.spec())) {
            found(
                    Invariant.DUPLICATE_JOB,
                    "both " + first + " and " + second + " accept it, "
                            + (differs
                                    ? "under job keys " + first.jobKey + " and " + second.jobKey + "."
                                    : "with different definitions."));
            return true;
        }
        return false;
    }

    private void checkGrants() {
        for (final Grant grant : job.grants) {
            if (job.enqueues.isEmpty() || job.firstFrom() > grant.index) {
                found(Invariant.PHANTOM_JOB, grant + " is of a job that nobody enqueued.");
            }
            if (!job.isPayload(grant.lease.payloadCrc())) {
                found(Invariant.WRONG_BYTES, grant + " brings a payload that nobody enqueued.");
            }
            checkKey(grant);
        }
    }

    private void checkKey(Grant grant) {
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            final boolean stand = enqueue.durable && grant.durable
                    || enqueue.place.position() >= 0 && enqueue.place.epoch() == grant.lease.epoch()
                    || !timeline.isPowerLost(job.firstFrom(), Math.max(enqueue.to, grant.index));
            if (enqueue.isOk()
                    && stand
                    && enqueue.jobKey != 0
                    && grant.lease.jobKey() != 0
                    && enqueue.jobKey != grant.lease.jobKey()) {
                found(
                        Invariant.DUPLICATE_JOB,
                        enqueue + " accept it under job key " + enqueue.jobKey + ", but " + grant + " is of job key "
                                + grant.lease.jobKey() + ".");
                return;
            }
        }
    }

    private void checkReads() {
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            if (read.isOk() && (job.enqueues.isEmpty() || job.firstFrom() > read.to)) {
                found(Invariant.PHANTOM_JOB, "the read of " + read + " finds it, but nobody enqueued it by then.");
            }
        }
    }

    private void checkDrained() {
        Call<Entry.ReadInvoked> last = null;
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            if (read.isOk() && read.seen != null && (last == null || read.to > last.to)) {
                last = read;
            }
        }
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            if (enqueue.isOk() && timeline.survives(enqueue, Call.NO_ANSWER)) {
                final JobSeen seen = last == null ? null : last.seen;
                if (seen == null && timeline.mayBeForgotten(job, Call.NO_ANSWER)) {
                    return;
                } else if (seen == null) {
                    found(Invariant.NOT_DRAINED, enqueue + " accept it, but no read finds it.");
                } else if (!seen.isTerminal() && !isForgottenSince(last)) {
                    found(
                            Invariant.NOT_DRAINED,
                            enqueue + " accept it, but its last read of " + last + " shows it " + seen.status() + ".");
                }
                return;
            }
        }
    }

    /** Whether a later read does not find it any more. */
    private boolean isForgottenSince(@Nullable Call<Entry.ReadInvoked> last) {
        for (final Call<Entry.ReadInvoked> read : job.reads) {
            if (last != null
                    && read.from > last.to
                    && read.isAnswered(RejectReason.JOB_NOT_FOUND)
                    && timeline.mayBeForgotten(job, read.to)) {
                return true;
            }
        }
        return false;
    }

    private void found(Invariant invariant, String sentence) {
        findings.add(invariant, job.ref, sentence);
    }
}
