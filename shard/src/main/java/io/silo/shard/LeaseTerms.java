package io.silo.shard;

import io.silo.shard.state.ShardState;

/** Moves the deadlines of all leases of a shard where their workers could not renew them, or not learn of them. Shard thread only. */
final class LeaseTerms {
    /** Unclaimed: nobody has renewed the lease since. */
    private static final long NOBODY = 0;

    private final ShardState state;

    LeaseTerms(ShardState state) {
        this.state = state;
    }

    /** Gives every lease its full length from now, and to nobody's session until its worker claims it. */
    void beginAnew(long nowMs, long monotonicMs) {
        state.forEachLease(lease -> beginAnew(lease, nowMs, monotonicMs));
    }

    /** A bounded run goes on by the wall's clock while the shard was closed, but no lease ends before its worker can claim it. */
    private void beginAnew(int lease, long nowMs, long monotonicMs) {
        final int leaseMs = state.leases().leaseMs(lease);
        final int maxRunMs = state.jobs().maxRunMs(state.leases().job(lease));
        if (maxRunMs != 0) {
            final long leftMs = state.leases().startedAtMs(lease) + maxRunMs - nowMs;
            state.leaseTimers().boundRun(lease, monotonicMs + Math.max(leaseMs, leftMs));
        }
        state.leaseTimers().renew(lease, monotonicMs + leaseMs, NOBODY);
    }

    /**
     * What was granted or renewed in the duty cycle of {@code monotonicMs} leaves only now, {@code heldMs} later: its length counts
     * from now. A lease that its longest run ends before that is not touched. Looks at those leases alone: on a disk that is always
     * slow, this is done in every duty cycle.
     */
    void postpone(long monotonicMs, long heldMs) {
        state.leaseTimers().forEachRenewed(lease -> {
            final long fullMs = monotonicMs + state.leases().leaseMs(lease);
            if (state.leases().deadlineMs(lease) == fullMs) {
                state.leaseTimers().renew(lease, fullMs + heldMs, state.leases().session(lease));
            }
        });
    }
}
