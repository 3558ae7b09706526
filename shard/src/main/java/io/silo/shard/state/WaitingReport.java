package io.silo.shard.state;

/**
 * What a SCHEDULED job waits for. Reads what is volatile, and changes nothing that is logged. Bounded; shard thread only.
 */
public final class WaitingReport {
    /** As far as tasks or tenants before a job are counted: about 100 us. */
    public static final int COUNTED_MAX = ReadyQueue.FORECAST_MAX;

    private static final int NULL = RowSlab.NULL_SLOT;

    /** Who answers the rate limit that a task waits for, and how far that is. */
    public enum RateStage {
        /** This shard. */
        HERE,
        /** A service, when it is the task's turn and a worker wants it. */
        TO_BE_ASKED,
        /** A service that is being asked. */
        ASKED,
        /** A service that did not let a task pass, and is asked again later. */
        OVER,
        /** A service that gave no answer, and is asked again later. */
        UNAVAILABLE
    }

    private final JobTable jobs;
    private final LimitTable limits;
    private final RateBuckets buckets;
    private final TaskQueues queues;

    WaitingReport(JobTable jobs, LimitTable limits, RateBuckets buckets, TaskQueues queues) {
        this.buckets = buckets;
        this.jobs = jobs;
        this.limits = limits;
        this.queues = queues;
    }

    /** Whether the job's start time has not come. */
    public boolean startsLater(int slot) {
        return jobs.where(slot) == JobTable.IN_TIMERS;
    }

    /** The limit that keeps a due task back, or {@link RowSlab#NULL_SLOT}. Works off a bounded part of what came to be possible first. */
    public int awaitedLimit(int slot) {
        queues.lines.settle();
        final int claim = awaitedClaim(slot);
        return claim == LimitTable.NONE ? NULL : limits.limit(claim);
    }

    private int awaitedClaim(int slot) {
        if (jobs.where(slot) >= JobTable.IN_LINES) {
            return queues.lines.awaited(slot);
        }
        if (jobs.where(slot) == JobTable.IN_ASKS || jobs.where(slot) == JobTable.IN_ASKED) {
            return queues.lines.asks().unpassed(slot);
        }
        // It was its turn, and others were faster or the maximum was lowered; it waits again when it comes up.
        return jobs.where(slot) == JobTable.IN_READY ? queues.lines.fullClaim(slot) : LimitTable.NONE;
    }

    /** Whether a limit is the bucket of a rate limit. */
    public boolean isBucket(int limit) {
        return limits.isBucket(limit);
    }

    /** Hits that a task needs of the bucket it waits for. */
    public long awaitedHits(int slot) {
        return buckets.hits(awaitedClaim(slot));
    }

    /** How far the answer of the rate limit is that the task waits for. */
    public RateStage rateStage(int slot) {
        final RateAsks asks = queues.lines.asks();
        final int limit = limits.limit(awaitedClaim(slot));
        if (!asks.isOn()) {
            return RateStage.HERE;
        }
        if (jobs.where(slot) == JobTable.IN_ASKED) {
            return RateStage.ASKED;
        }
        if (asks.pausedUntilMs(limit) == RateBucket.NEVER) {
            return RateStage.TO_BE_ASKED;
        }
        return asks.isUnavailable(limit) ? RateStage.UNAVAILABLE : RateStage.OVER;
    }

    /** Whole hits that this bucket has; 0 of one that a service keeps. */
    public long availableHits(int slot) {
        return rateStage(slot) != RateStage.HERE
                ? 0
                : buckets.bucket(awaitedClaim(slot)).available();
    }

    /** Ms until it has enough if nobody takes from it, or until a service is asked again; -1 = never. */
    public long enoughInMs(int slot) {
        final int claim = awaitedClaim(slot);
        if (rateStage(slot) != RateStage.HERE) {
            final long askedAtMs = queues.lines.asks().pausedUntilMs(limits.limit(claim));
            return buckets.isHopeless(claim)
                    ? -1
                    : askedAtMs == RateBucket.NEVER ? 0 : Math.max(0, askedAtMs - buckets.steadyMs());
        }
        final long nowMs = buckets.nowMs(claim);
        final long atMs = buckets.bucket(claim).enoughAtMs(buckets.hits(claim), nowMs);
        return atMs == RateBucket.NEVER ? -1 : atMs - nowMs;
    }

    /** The maximum in force for a task that waits for a limit of concurrency. */
    public int awaitedMax(int slot) {
        return limits.max(awaitedClaim(slot));
    }

    /** Whether that maximum is what workers found out. */
    public boolean isMaxFloating(int slot) {
        final int claim = awaitedClaim(slot);
        final int limit = limits.limit(claim);
        return limits.isFloating(claim)
                && limits.setMax(limit) == LimitTable.NO_MAX
                && limits.floatingMax(limit) != LimitTable.NO_MAX;
    }

    /** Tasks before it in its line, counted up to {@link #COUNTED_MAX}. */
    public int beforeInLine(int slot) {
        return jobs.where(slot) < JobTable.IN_LINES
                ? 0
                : queues.lines.countBefore(limits.line(queues.lines.awaited(slot)), slot, COUNTED_MAX);
    }

    /** Tasks of its line that come before it and wait for a worker only. */
    public int candidatesBefore(int slot) {
        return jobs.where(slot) < JobTable.IN_LINES
                ? 0
                : queues.lines.candidates(limits.line(queues.lines.awaited(slot)));
    }

    /** Another job that free slots of the limit are kept for, or {@link RowSlab#NULL_SLOT}. */
    public int keptFor(int slot, int limit) {
        final int reserved = queues.lines.reserved(jobs.tenant(slot));
        if (reserved == NULL || reserved == slot) {
            return NULL;
        }
        for (int claim = jobs.firstClaim(reserved); claim != LimitTable.NONE; claim = limits.next(claim)) {
            if (limits.limit(claim) == limit) {
                return reserved;
            }
        }
        return NULL;
    }

    /** Whether as many tasks of a ready task's tenant run in its group as may. */
    public boolean isCapped(int slot) {
        return queues.ready.isAtCap(jobs.taskGroup(slot), jobs.tenant(slot));
    }

    /** More urgent priorities of a ready task's group that have tasks. */
    public int prioritiesBefore(int slot) {
        return queues.ready.prioritiesBefore(jobs.taskGroup(slot), jobs.priority(slot));
    }

    /** Tenants of a ready task's priority whose turn comes first, counted up to {@link #COUNTED_MAX}. */
    public int tenantsBefore(int slot) {
        return queues.ready.tenantsBefore(jobs.taskGroup(slot), jobs.priority(slot), jobs.tenant(slot), COUNTED_MAX);
    }

    /** Ready tasks of the same group, priority and tenant before this one, counted up to {@link #COUNTED_MAX}. */
    public int tasksBefore(int slot) {
        return queues.ready.tasksBefore(
                slot, jobs.taskGroup(slot), jobs.priority(slot), jobs.tenant(slot), COUNTED_MAX);
    }
}
