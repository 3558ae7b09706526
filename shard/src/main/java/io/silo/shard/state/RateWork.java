package io.silo.shard.state;

import io.silo.shard.rate.RateService;

/**
 * What time makes of rate limits, for who decides it: buckets that are full again, tasks whose next check is due, and those that empty
 * their bucket. Volatile. Shard thread only.
 */
public final class RateWork {
    private final RateBuckets buckets;
    private final LimitLines lines;

    RateWork(RateBuckets buckets, LimitLines lines) {
        this.buckets = buckets;
        this.lines = lines;
    }

    /** Takes the duty cycle's one reading of the clocks, before anything is due by it. */
    public void time(long nowMs, long monotonicMs) {
        if (buckets.time(nowMs, monotonicMs)) {
            lines.checks().forgetDrains();
            lines.checks().beginAnew(lines::awaitedOrNone);
        }
    }

    /**
     * Has this shard's rate limits answered by a service; before the first event is applied.
     *
     * @param counters of what is asked and answered.
     */
    public void askOf(RateService service, ShardCounters counters) {
        lines.asks().askOf(service, counters, lines::onFreed);
    }

    /** Takes the service's answers and asks it what workers want, after {@link #time}. Returns steps taken; 0 without a service. */
    public int exchange() {
        return lines.asks().exchange();
    }

    /** Whether the limit that a task waits for gave no answer when it was asked last. */
    public boolean isUnavailable(int slot) {
        final int claim = lines.awaitedOrNone(slot);
        return claim != LimitTable.NONE && lines.asks().isUnavailable(lines.limit(claim));
    }

    /** Whether there is anything to decide. */
    public boolean isDue() {
        return buckets.hasFull() || lines.checks().hasDrains() || buckets.isCheckDue(lines.checks());
    }

    /** Ms until there may be something to decide, or {@link Long#MAX_VALUE}. */
    public long waitMs() {
        return isDue()
                ? 0
                : Math.min(buckets.waitMs(lines.checks()), lines.asks().waitMs());
    }

    /** Limit of a bucket that is full, or {@link RowSlab#NULL_SLOT}: it is to be dropped. */
    public int pollFull() {
        return buckets.pollFull();
    }

    /** Claim of a task that waits and empties what it waits for, or 0. */
    public int pollDrain() {
        while (lines.checks().hasDrains()) {
            final int claim = lines.awaitedRate(lines.checks().pollDrain());
            if (claim != LimitTable.NONE) {
                return claim;
            }
        }
        return LimitTable.NONE;
    }

    /**
     * A task whose last check did not pass, or {@link RowSlab#NULL_SLOT}: its attempt is to end.
     *
     * @param checksMax looked at.
     */
    public int pollExceeded(int checksMax) {
        // What just became free has to be given first, or a task would fail that may go on.
        for (int looked = 0; looked < checksMax && lines.isSettled(); looked++) {
            final int slot = buckets.pollCheck(lines.checks());
            if (slot == RowSlab.NULL_SLOT) {
                break;
            }
            final int claim = lines.awaitedRate(slot);
            if (claim == LimitTable.NONE) {
                lines.checks().postpone(slot, lines.awaited(slot));
            } else if (lines.checks().failed(slot, claim)) {
                return slot;
            }
        }
        return RowSlab.NULL_SLOT;
    }
}
