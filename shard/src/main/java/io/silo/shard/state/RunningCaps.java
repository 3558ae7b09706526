package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.util.function.IntConsumer;
import org.agrona.collections.Int2IntHashMap;

/**
 * Tenants of which only so many tasks of a group may run at once: of each of them with each task group where it has leases or queued
 * tasks, how many, and in which priorities it has a lane. Tenants without a cap cost a look at a small map and have no row.
 *
 * <pre>
 *   row:  0 long: key | 8 int: running | 12 int: queued | 16, 24 long: priorities with a lane | 32 int: queued that its group counts
 * </pre>
 *
 * <p>Volatile: rows follow from leases and queued tasks. Shard thread only; does not allocate in steady state.
 */
final class RunningCaps {
    static final int NULL = RowSlab.NULL_SLOT;

    /** What a tenant without a cap may have. */
    private static final int NO_CAP = Integer.MAX_VALUE;

    private static final int KEY = 0;
    private static final int RUNNING = 8;
    private static final int QUEUED = 12;
    private static final int PRIORITIES = 16;
    private static final int COUNTED = 32;
    private static final int ROW_BYTES = 40;
    private static final int ROWS_PER_CHUNK = 1_024;

    private final Int2IntHashMap maxes = new Int2IntHashMap(NO_CAP);
    private final RowSlab rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, ReadyQueue.TASKS_MAX);
    private final SlotIndex index = new SlotIndex();

    boolean isCapped(int tenant) {
        return !maxes.isEmpty() && maxes.get(tenant) != NO_CAP;
    }

    /** Most tasks of a group that run at once, {@link Integer#MAX_VALUE} without a cap. */
    int max(int tenant) {
        return maxes.isEmpty() ? NO_CAP : maxes.get(tenant);
    }

    /** Another cap, or none. Rows are gone: the caller counts them anew. */
    void max(int tenant, int max) {
        forEachRow(tenant, this::free);
        if (max == NO_CAP) {
            maxes.remove(tenant);
        } else {
            maxes.put(tenant, max);
        }
    }

    /** Tasks that may still be given out. */
    int room(int group, int tenant) {
        if (!isCapped(tenant)) {
            return NO_CAP;
        }
        final int row = find(group, tenant);
        return Math.max(0, maxes.get(tenant) - (row == NULL ? 0 : rows.getInt(row, RUNNING)));
    }

    int find(int group, int tenant) {
        final long key = key(group, tenant);
        final long hash = Xxh64.mix(key);
        for (long c = index.firstCandidate(hash); c != SlotIndex.NULL_CANDIDATE; c = index.nextCandidate(hash, c)) {
            if (rows.getLong((int) c, KEY) == key) {
                return (int) c;
            }
        }
        return NULL;
    }

    int open(int group, int tenant) {
        final int known = find(group, tenant);
        if (known != NULL) {
            return known;
        }
        final int row = rows.allocate();
        rows.putLong(row, KEY, key(group, tenant));
        index.put(Xxh64.mix(key(group, tenant)), row);
        return row;
    }

    /** Gives a row back that says nothing any more. */
    void closeIfEmpty(int row) {
        if (rows.getInt(row, RUNNING) == 0 && rows.getInt(row, QUEUED) == 0) {
            free(row);
        }
    }

    private void free(int row) {
        final boolean isRemoved = index.remove(Xxh64.mix(rows.getLong(row, KEY)), row);
        assert isRemoved : "row " + row + " was not indexed";
        rows.free(row);
    }

    /** The action may give the row back. Looks at every row. */
    void forEachRow(int tenant, IntConsumer action) {
        final int end = rows.slotEnd();
        for (int row = rows.nextLive(0, end); row != NULL; row = rows.nextLive(row + 1, end)) {
            if (tenant(row) == tenant) {
                action.accept(row);
            }
        }
    }

    int group(int row) {
        return (int) (rows.getLong(row, KEY) >>> 32);
    }

    int tenant(int row) {
        return (int) rows.getLong(row, KEY);
    }

    int running(int row) {
        return rows.getInt(row, RUNNING);
    }

    void addRunning(int row, int change) {
        rows.putInt(row, RUNNING, rows.getInt(row, RUNNING) + change);
    }

    boolean isFull(int row) {
        return rows.getInt(row, RUNNING) >= maxes.get(tenant(row));
    }

    int queued(int row) {
        return rows.getInt(row, QUEUED);
    }

    void addQueued(int row, int change) {
        rows.putInt(row, QUEUED, rows.getInt(row, QUEUED) + change);
    }

    /** Notes how many queued tasks its group counts: those that workers could be given. Returns the change. */
    int recount(int row, boolean isPaused) {
        final int room = isPaused ? 0 : Math.max(0, maxes.get(tenant(row)) - rows.getInt(row, RUNNING));
        final int counted = Math.min(room, rows.getInt(row, QUEUED));
        final int change = counted - rows.getInt(row, COUNTED);
        rows.putInt(row, COUNTED, counted);
        return change;
    }

    /** What its group counts. */
    int counted(int row) {
        return rows.getInt(row, COUNTED);
    }

    void hasLane(int row, int priority, boolean hasLane) {
        final int at = PRIORITIES + (priority >>> 6) * Long.BYTES;
        final long bit = 1L << priority;
        rows.putLong(row, at, hasLane ? rows.getLong(row, at) | bit : rows.getLong(row, at) & ~bit);
    }

    /** The first priority from {@code from} on in which the tenant has a lane, or -1. */
    int nextLane(int row, int from) {
        for (int word = from >>> 6; word < 2; word++) {
            final long bits =
                    rows.getLong(row, PRIORITIES + word * Long.BYTES) & (word == from >>> 6 ? -1L << from : -1L);
            if (bits != 0) {
                return (word << 6) + Long.numberOfTrailingZeros(bits);
            }
        }
        return -1;
    }

    void forEachTenant(IntConsumer action) {
        maxes.forEachInt((tenant, max) -> action.accept(tenant));
    }

    int rowCount() {
        return rows.count();
    }

    long bytes() {
        return rows.bytes() + index.bytes() + 8L * maxes.capacity();
    }

    void close() {
        rows.close();
        index.close();
    }

    private static long key(int group, int tenant) {
        return (long) group << 32 | tenant;
    }
}
