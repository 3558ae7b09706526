package io.silo.shard.state;

import java.util.function.IntUnaryOperator;
import org.agrona.collections.Int2IntHashMap;
import org.agrona.collections.IntHashSet;

/**
 * Tasks that wait for the bucket of a rate limit and do not do so for ever, or that empty it. A check that does not pass is repeated after a
 * back-off ({@link RateTerms#retryAtMs}); the last one ends the attempt. Only what these checks would say is kept: that a task may go on is
 * known at once, by its line. Volatile. Shard thread only; does not allocate in steady state.
 */
final class RateChecks {
    /** Tasks whose bucket is to be emptied in the next duty cycles; what comes beyond leaves its bucket as it is for now. */
    private static final int DRAINS_MAX = 4_096;

    private static final int STEADY = 0;
    private static final int WALL = 1;
    private static final int NO_VALUE = -1;

    private final LimitTable limits;
    private final RateBuckets buckets;
    private final TimerQueue timers = new TimerQueue();
    private final TimerQueue wallTimers = new TimerQueue();
    private final Int2IntHashMap handles = new Int2IntHashMap(NO_VALUE);
    private final Int2IntHashMap checks = new Int2IntHashMap(NO_VALUE);
    private final IntHashSet drains = new IntHashSet();
    private final IntHashSet drained = new IntHashSet();
    private final TimerQueue.TimerHandler handler = this::onTimer;
    private final RateAsks asks;
    private int due;

    RateChecks(LimitTable limits, RateBuckets buckets, RateAsks asks) {
        this.limits = limits;
        this.buckets = buckets;
        this.asks = asks;
    }

    /**
     * A task begins to wait by this claim, and so its first check did not pass; where a service answers nobody has asked yet. One that waited,
     * and was asked for in between, goes on.
     */
    void begin(int slot, int claim) {
        if (limits.rateTerms().maxRetries(limits.terms(claim)) > 0) {
            final int before = checks.get(slot);
            final int count = before != NO_VALUE ? before : asks.isOn() ? 0 : 1;
            checks.put(slot, count);
            schedule(slot, claim, count);
        }
    }

    /** A service did not let a task pass that waits now: that is a check, and it is due. */
    void refused(int slot) {
        if (checks.containsKey(slot)) {
            cancelTimer(slot);
            add(slot, false, buckets.steadyMs());
        }
    }

    /** A task leaves its line; where a service answers it may come back, and what did not pass still counts. */
    void leave(int slot) {
        if (asks.isOn()) {
            cancelTimer(slot);
        } else {
            end(slot);
        }
    }

    /** The bucket lacks hits of a task that is first in its line. */
    void lacking(int slot, int claim) {
        if (limits.rateTerms().has(limits.terms(claim), RateTerms.DRAIN)
                && drains.size() < DRAINS_MAX
                && drained.add(slot)) {
            drains.add(slot);
        }
    }

    /** It waits no longer. */
    void end(int slot) {
        if (checks.remove(slot) != NO_VALUE) {
            cancelTimer(slot);
        }
        if (drained.remove(slot)) {
            drains.remove(slot);
        }
    }

    private void cancelTimer(int slot) {
        final int handle = handles.remove(slot);
        if (handle != NO_VALUE) {
            queue(handle).cancel(handle >>> 1);
        }
    }

    /**
     * A task whose next check is due, or {@link RowSlab#NULL_SLOT}: {@link #failed} is to follow if it does not pass.
     *
     * @param nowMs of the shard's clock.
     */
    int poll(long steadyMs, long nowMs) {
        due = RowSlab.NULL_SLOT;
        if (timers.poll(steadyMs, handler, 1) == 0) {
            wallTimers.poll(nowMs, handler, 1);
        }
        return due;
    }

    /**
     * A check did not pass.
     *
     * @return whether it was the last one.
     */
    boolean failed(int slot, int claim) {
        final int count = checks.get(slot) + 1;
        if (count > limits.rateTerms().maxRetries(limits.terms(claim))) {
            return true;
        }
        checks.put(slot, count);
        schedule(slot, claim, count);
        return false;
    }

    /** The bucket has enough, but not for this task yet: others come before it. */
    void postpone(int slot, int claim) {
        schedule(slot, claim, checks.get(slot));
    }

    /** @param count checks that did not pass so far. */
    private void schedule(int slot, int claim, int count) {
        final long nowMs = asks.isOn() ? buckets.steadyMs() : buckets.nowMs(claim);
        final long enoughMs = asks.isOn() ? asks.pausedUntilMs(limits.limit(claim)) : buckets.nextEnoughAtMs(claim);
        final long atMs = limits.rateTerms().retryAtMs(limits.terms(claim), nowMs, enoughMs, Math.max(0, count - 1));
        // Later than now, so that no back-off of nothing is looked at for ever.
        add(slot, isCalendar(claim), Math.max(nowMs + 1, atMs));
    }

    private boolean isCalendar(int claim) {
        return !asks.isOn() && limits.rateTerms().has(limits.terms(claim), RateTerms.CALENDAR);
    }

    private void add(int slot, boolean calendar, long atMs) {
        final TimerQueue queue = calendar ? wallTimers : timers;
        final int handle = queue.schedule(Math.min(atMs, TimerQueue.DEADLINE_MS_MAX), slot, 0, slot);
        handles.put(slot, handle << 1 | (calendar ? WALL : STEADY));
    }

    private TimerQueue queue(int handle) {
        return (handle & 1) == WALL ? wallTimers : timers;
    }

    private void onTimer(int kind, int slot, long deadlineMs) {
        handles.remove(slot);
        due = slot;
    }

    /** Takes a task that empties the bucket it waits for, or {@link RowSlab#NULL_SLOT}. */
    int pollDrain() {
        if (drains.isEmpty()) {
            return RowSlab.NULL_SLOT;
        }
        final int slot = drains.iterator().nextValue();
        drains.remove(slot);
        return slot;
    }

    boolean hasDrains() {
        return !drains.isEmpty();
    }

    /**
     * Replay knew no clock: the checks of all that wait begin now.
     *
     * @param claims that a task waits by, or {@link LimitTable#NONE} if it waits in no line.
     */
    void beginAnew(IntUnaryOperator claims) {
        for (int slot :
                checks.keySet().stream().mapToInt(Integer::intValue).sorted().toArray()) {
            end(slot);
            final int claim = claims.applyAsInt(slot);
            if (claim != LimitTable.NONE) {
                begin(slot, claim);
            }
        }
    }

    /** What replay left behind was drained when it came. */
    void forgetDrains() {
        drains.clear();
    }

    /** Whether a check is due. */
    boolean isDue(long steadyMs, long nowMs) {
        return timers.nextDeadline() <= steadyMs || wallTimers.nextDeadline() <= nowMs;
    }

    /** Next check by steady time, or {@link Long#MAX_VALUE}. */
    long nextSteadyMs() {
        return timers.nextDeadline();
    }

    /** Next check by the shard's clock, or {@link Long#MAX_VALUE}. */
    long nextWallMs() {
        return wallTimers.nextDeadline();
    }

    void checkInvariants(JobTable jobs) {
        Invariant.check(
                handles.size() == timers.size() + wallTimers.size() && handles.size() <= checks.size(),
                "timers of checks differ from the tasks that wait");
        checks.forEachInt((slot, count) -> Invariant.check(
                jobs.isLive(slot)
                        && (jobs.where(slot) >= JobTable.IN_LINES || asks.isOn() && !handles.containsKey(slot)),
                "a task is checked that does not wait"));
    }

    long bytes() {
        return timers.bytes() + wallTimers.bytes() + 16L * (handles.capacity() + checks.capacity());
    }
}
