package io.silo.shard.state;

import java.util.function.IntConsumer;
import org.agrona.collections.Int2IntHashMap;

/**
 * Limits that a rate limit service did not let pass, each until when nobody asks it again, and how often it did not in a row. One timer
 * for each, however many tasks wait. By steady time ({@link RateBuckets}). Volatile. Shard thread only; does not allocate in steady state.
 *
 * <pre>
 *   0 limit   4 timer   8 untilMs   16 misses   20 flags
 * </pre>
 */
final class RatePauses {
    private static final int LIMIT = 0;
    private static final int TIMER = 4;
    private static final int UNTIL_MS = 8;
    private static final int MISSES = 16;
    private static final int FLAGS = 20;
    private static final int ROW_BYTES = 24;
    private static final int ROWS_PER_CHUNK = 1_024;
    private static final int IS_PAUSED = 1;
    private static final int IS_ERROR = 2;
    private static final int NULL = RowSlab.NULL_SLOT;

    private final RowSlab rows;
    private final Int2IntHashMap byLimit = new Int2IntHashMap(NULL);
    private final TimerQueue timers = new TimerQueue();
    private final TimerQueue.TimerHandler timerHandler = this::onTimer;
    private IntConsumer onEnd = limit -> {};

    RatePauses(int limitsMax) {
        rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, limitsMax);
    }

    /** @param action what follows when a limit may be asked again. */
    void onEnd(IntConsumer action) {
        onEnd = action;
    }

    /** Nobody asks the limit before {@code untilMs}; an earlier end of a pause that runs is put off. */
    void pause(int limit, long untilMs, boolean isError) {
        int row = byLimit.get(limit);
        if (row == NULL) {
            row = rows.allocate();
            rows.putInt(row, LIMIT, limit);
            rows.putInt(row, TIMER, TimerQueue.NULL_HANDLE);
            rows.putLong(row, UNTIL_MS, 0);
            rows.putInt(row, MISSES, 0);
            byLimit.put(limit, row);
        }
        cancelTimer(row);
        final long boundedMs = Math.min(TimerQueue.DEADLINE_MS_MAX, Math.max(untilMs, rows.getLong(row, UNTIL_MS)));
        rows.putLong(row, UNTIL_MS, boundedMs);
        rows.putInt(row, TIMER, timers.schedule(boundedMs, limit, 0, row));
        rows.putInt(row, MISSES, rows.getInt(row, MISSES) + 1);
        rows.putInt(row, FLAGS, IS_PAUSED | (isError ? IS_ERROR : 0));
    }

    /** The limit let a task pass: what was before no longer counts, unless it did not let another pass meanwhile. */
    void passed(int limit) {
        if (misses(limit) > 0 && !isPaused(limit)) {
            forget(limit);
            // Others may be asked for at a time again.
            onEnd.accept(limit);
        }
    }

    /** Nobody waits for the limit any more. */
    void forget(int limit) {
        final int row = byLimit.isEmpty() ? NULL : byLimit.remove(limit);
        if (row != NULL) {
            cancelTimer(row);
            rows.free(row);
        }
    }

    boolean isPaused(int limit) {
        final int row = find(limit);
        return row != NULL && (rows.getInt(row, FLAGS) & IS_PAUSED) != 0;
    }

    /** Whether the last answer of a limit that let nothing pass was none. */
    boolean isError(int limit) {
        final int row = find(limit);
        return row != NULL && (rows.getInt(row, FLAGS) & IS_ERROR) != 0;
    }

    /** End of the limit's last pause; 0 = it had none. */
    long untilMs(int limit) {
        final int row = find(limit);
        return row == NULL ? 0 : rows.getLong(row, UNTIL_MS);
    }

    /** Answers in a row that let nothing pass. */
    int misses(int limit) {
        final int row = find(limit);
        return row == NULL ? 0 : rows.getInt(row, MISSES);
    }

    private int find(int limit) {
        return byLimit.isEmpty() ? NULL : byLimit.get(limit);
    }

    /** Ends pauses that are over, at most {@code limit}. */
    int poll(long steadyMs, int limit) {
        return timers.poll(steadyMs, timerHandler, limit);
    }

    private void onTimer(int kind, int row, long deadlineMs) {
        rows.putInt(row, TIMER, TimerQueue.NULL_HANDLE);
        rows.putInt(row, FLAGS, rows.getInt(row, FLAGS) & ~IS_PAUSED);
        onEnd.accept(rows.getInt(row, LIMIT));
    }

    private void cancelTimer(int row) {
        if (rows.getInt(row, TIMER) != TimerQueue.NULL_HANDLE) {
            timers.cancel(rows.getInt(row, TIMER));
            rows.putInt(row, TIMER, TimerQueue.NULL_HANDLE);
        }
    }

    /** End of the next pause, or {@link Long#MAX_VALUE}. */
    long nextMs() {
        return timers.nextDeadline();
    }

    void checkInvariants(LimitTable limits) {
        int timed = 0;
        for (int row = rows.nextLive(0, rows.slotEnd()); row != NULL; row = rows.nextLive(row + 1, rows.slotEnd())) {
            final int limit = rows.getInt(row, LIMIT);
            timed += rows.getInt(row, TIMER) == TimerQueue.NULL_HANDLE ? 0 : 1;
            Invariant.check(
                    byLimit.get(limit) == row && limits.isLive(limit) && limits.isBucket(limit),
                    "a pause and its limit do not agree");
            Invariant.check(
                    isPaused(limit) == (rows.getInt(row, TIMER) != TimerQueue.NULL_HANDLE),
                    "a pause has no end, or has ended and has one");
            Invariant.check(limits.firstLine(limit) != NULL, "a limit is paused that nobody waits for");
        }
        Invariant.check(byLimit.size() == rows.count() && timed == timers.size(), "pauses differ from their count");
    }

    long bytes() {
        return rows.bytes() + timers.bytes() + 16L * byLimit.capacity();
    }

    void close() {
        rows.close();
    }
}
