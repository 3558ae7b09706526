package io.silo.shard.state;

/**
 * Compares holders of limits, leases and jobs with each other all the time, a few rows at a time: what tests do after every step. What is
 * found wrong stops the shard, and its log says how it came to that. Round and round; a million rows take less than half a minute,
 * and most of an hour where nothing happens.
 *
 * <p>Only what can be judged by looking at one row and what it names, at one moment; sums over all rows are for tests. Shard thread only; does
 * not allocate.
 */
final class SlowRecount {
    /** Rows looked at in one slice: about 5 us. */
    private static final int ROWS_PER_SLICE = 64;

    /** Holders of one limit that are walked over; those of one that has more are compared by their jobs only. */
    private static final int HOLDERS_MAX = 1_024;

    /** Of so many slices one is looked at while no job changes. */
    private static final int REST_SLICES = 16;

    private static final int NULL = RowSlab.NULL_SLOT;

    private enum Phase {
        LIMITS,
        LEASES,
        JOBS
    }

    private final ShardState shard;
    private Phase phase = Phase.LIMITS;
    private int next;
    private long rounds;
    private long lastDigest;
    private int skipped;

    SlowRecount(ShardState shard) {
        this.shard = shard;
    }

    /**
     * Looks at the next rows; on a shard where nothing happens mostly not, for a fifth of what such a shard costs would be this.
     *
     * @throws InvariantViolation if something does not agree.
     */
    void slice() {
        final long digest = shard.jobs.digest();
        if (digest == lastDigest && ++skipped < REST_SLICES) {
            return;
        }
        lastDigest = digest;
        skipped = 0;
        final int end = Math.min(end(), next + ROWS_PER_SLICE);
        int holdersLeft = HOLDERS_MAX;
        while (next < end && holdersLeft > 0) {
            switch (phase) {
                case LIMITS -> holdersLeft -= checkLimit(next);
                case LEASES -> checkLease(next);
                case JOBS -> {
                    if (shard.jobs.isLive(next)) {
                        ShardInvariants.checkJob(shard, next);
                    }
                }
            }
            next++;
        }
        if (next >= end()) {
            next = 0;
            phase = Phase.values()[(phase.ordinal() + 1) % Phase.values().length];
            rounds += phase == Phase.LIMITS ? 1 : 0;
        }
    }

    /** Times that every row was looked at. */
    long rounds() {
        return rounds;
    }

    private int end() {
        return switch (phase) {
            case LIMITS -> shard.limits.limitEnd();
            case LEASES -> shard.leases.slotEnd();
            case JOBS -> shard.jobs.slotLimit();
        };
    }

    /** Returns how many holders it walked over. */
    private int checkLimit(int limit) {
        final LimitTable limits = shard.limits;
        if (!limits.isLive(limit) || limits.isBucket(limit) || limits.holders(limit) > HOLDERS_MAX) {
            return 0;
        }
        int count = 0;
        for (int claim = limits.firstHolder(limit); claim != NULL; claim = limits.nextHolder(claim)) {
            Invariant.check(
                    limits.isHeld(claim)
                            && limits.limit(claim) == limit
                            && shard.jobs.state(limits.job(claim)) == JobState.RUNNING,
                    "a slot is held without a lease");
            count++;
            Invariant.check(count <= limits.holders(limit), "holders of a limit differ from their recount");
        }
        Invariant.check(count == limits.holders(limit), "holders of a limit differ from their recount");
        return count;
    }

    private void checkLease(int lease) {
        if (shard.leases.isLive(lease)) {
            final int job = shard.leases.job(lease);
            Invariant.check(
                    shard.jobs.state(job) == JobState.RUNNING && shard.jobs.lease(job) == lease,
                    "a lease and its job do not agree");
        }
    }
}
