package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Invariant#DOUBLE_HOLDER}, of jobs that nobody operated on. All is judged by places in the log of one epoch. */
final class KeyCheck {
    private final Findings findings;

    KeyCheck(Findings findings) {
        this.findings = findings;
    }

    void check(Timeline timeline) {
        for (final List<JobTrace> jobs : timeline.jobsOfKeys()) {
            for (final JobTrace holder : jobs) {
                for (final JobTrace other : jobs) {
                    if (!holder.isOperated() && !other.isOperated()) {
                        check(holder, other);
                    }
                }
            }
        }
    }

    private void check(JobTrace holder, JobTrace other) {
        final Call<Entry.EnqueueInvoked> first = accepted(holder);
        final Call<Entry.EnqueueInvoked> second = accepted(other);
        if (holder == other
                || first == null
                || second == null
                || !isSameLog(first.place, second.place)
                || first.place.position() >= second.place.position()) {
            return;
        }
        for (final Grant grant : holder.grants) {
            final Lease lease = grant.lease;
            if (lease.shard() == second.place.shard()
                    && lease.epoch() == second.place.epoch()
                    && LeaseToken.position(lease.token()) > second.place.position()) {
                findings.add(
                        Invariant.DOUBLE_HOLDER,
                        other.ref,
                        second + " accept it, but " + holder.ref + " has its unique key until " + grant + " at least.");
                return;
            }
        }
    }

    /** The acceptance of a job that was asked for once: the answer to a repeated call may be of a later place. */
    private static @Nullable Call<Entry.EnqueueInvoked> accepted(JobTrace job) {
        final Call<Entry.EnqueueInvoked> only = job.enqueues.size() == 1 ? job.enqueues.get(0) : null;
        return only != null && only.isOk() ? only : null;
    }

    private static boolean isSameLog(LogPlace a, LogPlace b) {
        return a.position() >= 0 && b.position() >= 0 && a.shard() == b.shard() && a.epoch() == b.epoch();
    }
}
