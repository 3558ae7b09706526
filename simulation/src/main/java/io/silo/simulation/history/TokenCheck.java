package io.silo.simulation.history;

import java.util.HashMap;
import java.util.Map;

/** {@link Invariant#LEASE_TOKEN}, over all jobs. */
final class TokenCheck {
    private record Token(int shard, long epoch, long token) {}

    private final Findings findings;

    TokenCheck(Findings findings) {
        this.findings = findings;
    }

    void check(Timeline timeline) {
        final Map<Token, Grant> seen = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            for (final Grant grant : job.grants) {
                final Lease lease = grant.lease;
                final Grant other = seen.putIfAbsent(new Token(lease.shard(), lease.epoch(), lease.token()), grant);
                if (other != null) {
                    found(job, grant + " has the token of job " + other.lease.job() + ", " + other + ".");
                }
                final Entry.Granted contradiction = grant.contradiction;
                if (contradiction != null) {
                    found(
                            job,
                            grant + " is shown again to worker " + contradiction.worker() + " as "
                                    + contradiction.lease() + ".");
                }
            }
        }
    }

    private void found(JobTrace job, String sentence) {
        findings.add(Invariant.LEASE_TOKEN, job.ref, sentence);
    }
}
