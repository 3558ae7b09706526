package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Hashes of jobs over their logged fields, whose sum is the digest. Each event takes the hash that a job had out and puts its new one in;
 * those of jobs that changed not long ago are remembered, with the part that never changes, so that a lifecycle reads the id and the like once. Shard
 * thread only; does not allocate.
 */
final class JobHashes {
    /** Jobs remembered, by the end of their slot: more than are under way at once in a busy shard. A power of two; 96 KiB. */
    private static final int REMEMBERED = 4_096;

    /** No job's key. */
    private static final long NONE = 0;

    private final JobTable jobs;
    private final NameTable tenants;
    private final NameTable taskGroups;
    private final RetryPolicies policies;
    private final LeaseTable leases;
    private final LimitTable limits;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final long[] keys = new long[REMEMBERED];
    private final long[] fixed = new long[REMEMBERED];
    private final long[] whole = new long[REMEMBERED];

    JobHashes(
            JobTable jobs,
            NameTable tenants,
            NameTable taskGroups,
            RetryPolicies policies,
            LeaseTable leases,
            LimitTable limits) {
        this.jobs = jobs;
        this.tenants = tenants;
        this.taskGroups = taskGroups;
        this.policies = policies;
        this.leases = leases;
        this.limits = limits;
    }

    /** The hash that {@link #after} gave last for a job, or would have. The job was not changed since. */
    long before(int slot) {
        final int index = slot & REMEMBERED - 1;
        return keys[index] == jobs.jobKey(slot) ? whole[index] : of(slot);
    }

    /** The hash of a job that was changed. */
    long after(int slot) {
        final int index = slot & REMEMBERED - 1;
        final long key = jobs.jobKey(slot);
        if (keys[index] != key) {
            keys[index] = key;
            fixed[index] = fixed(slot);
        }
        whole[index] = whole(slot, fixed[index]);
        return whole[index];
    }

    /** A job goes. */
    void forget(int slot) {
        final int index = slot & REMEMBERED - 1;
        if (keys[index] == jobs.jobKey(slot)) {
            keys[index] = NONE;
        }
    }

    /** The hash of a job from scratch. */
    long of(int slot) {
        return whole(slot, fixed(slot));
    }

    /** Over what never changes. */
    private long fixed(int slot) {
        jobs.wrapId(slot, view);
        long h = fold(jobs.jobKey(slot), Xxh64.hash(view, 0, view.capacity()));
        h = fold(h, tenants.hash(jobs.tenant(slot)));
        h = fold(h, taskGroups.hash(jobs.taskGroup(slot)));
        h = fold(h, (long) jobs.leaseMs(slot) << 32 | jobs.maxRunMs(slot));
        h = fold(h, jobs.startDeadlineMs(slot));
        if (jobs.hasUniqueKey(slot)) {
            jobs.wrapUniqueKey(slot, view);
            h = fold(h, Xxh64.hash(view, 0, view.capacity()));
        }
        if (jobs.firstClaim(slot) != LimitTable.NONE) {
            h = fold(h, limits.hash(jobs.firstClaim(slot)));
        }
        h = fold(h, jobs.requestIdHigh(slot));
        return fold(h, jobs.requestIdLow(slot));
    }

    /** Positions of definition and history are not among the fields, since carry-forward moves those. */
    private long whole(int slot, long fixedHash) {
        final JobState state = jobs.state(slot);
        long h = fold(fixedHash, policies.hash(jobs.retryPolicy(slot)));
        h = fold(h, (long) state.ordinal() << 16 | jobs.flags(slot) << 8 | jobs.priority(slot));
        h = fold(h, (long) jobs.attempt(slot) << 32 | jobs.relativeAttempt(slot));
        h = fold(h, jobs.changedAtMs(slot));
        h = fold(h, state == JobState.SCHEDULED || jobs.isCancelledPending(slot) ? jobs.startMs(slot) : 0);
        h = fold(h, jobs.token(slot));
        h = fold(h, jobs.tokenEpoch(slot));
        if (state == JobState.RUNNING) {
            h = fold(h, leases.hash(jobs.link(slot)));
        }
        return Xxh64.mix(h);
    }

    private static long fold(long h, long value) {
        return (h ^ value) * 0x9E3779B185EBCA87L + (h >>> 29);
    }
}
