package io.silo.shard.state;

import java.util.function.IntConsumer;

/**
 * Tasks in order, one list for each row of a slab that its owner keeps: a linked list through the tasks' own rows, and a heap of what
 * belongs between its ends and came late.
 *
 * <pre>
 *   row of the owner, from its offset:  0 int: head | 4 int: tail | 8 int: heap root
 * </pre>
 *
 * <p>A task that belongs behind the tail or before the head costs O(1), any other O(log n) of its list; removal likewise. A task is in
 * one list at a time. Shard thread only; nothing allocates but growth by a chunk.
 */
final class TaskList {
    /** Bytes that a list takes in its owner's row. */
    static final int ROW_BYTES = 12;

    private static final int NULL = RowSlab.NULL_SLOT;

    private final ReadyLinks links;
    private final TaskOrder order;
    private final LaneHeap heap;
    private final RowSlab rows;
    private final int head;
    private final int tail;
    private final int heapRoot;

    /**
     * @param rows where the lists' ends are kept.
     * @param offset of the ends in each row.
     */
    TaskList(ReadyLinks links, TaskOrder order, RowSlab rows, int offset, int tasksMax) {
        this.links = links;
        this.order = order;
        this.heap = new LaneHeap(links, order, tasksMax);
        this.rows = rows;
        this.head = offset;
        this.tail = offset + 4;
        this.heapRoot = offset + 8;
    }

    /** Makes the list of a row an empty one. */
    void init(int row) {
        rows.putInt(row, head, NULL);
        rows.putInt(row, tail, NULL);
        rows.putInt(row, heapRoot, NULL);
    }

    boolean isEmpty(int row) {
        return rows.getInt(row, head) == NULL && rows.getInt(row, heapRoot) == NULL;
    }

    /** The first task of a list, or {@link RowSlab#NULL_SLOT}. */
    int first(int row) {
        final int first = rows.getInt(row, head);
        final int root = rows.getInt(row, heapRoot);
        if (root == NULL) {
            return first;
        }
        final int late = heap.slot(root);
        return first == NULL || order.isBefore(late, first) ? late : first;
    }

    void add(int row, int slot) {
        final int first = rows.getInt(row, head);
        final int last = rows.getInt(row, tail);
        if (last == NULL) {
            link(slot, NULL, NULL);
            rows.putInt(row, head, slot);
            rows.putInt(row, tail, slot);
        } else if (!order.isBefore(slot, last)) {
            link(slot, last, NULL);
            links.readyNext(last, slot);
            rows.putInt(row, tail, slot);
        } else if (order.isBefore(slot, first)) {
            // A lease that came back: what was first is most often first again.
            link(slot, NULL, first);
            links.readyPrevious(first, slot);
            rows.putInt(row, head, slot);
        } else {
            rows.putInt(row, heapRoot, heap.add(row, rows.getInt(row, heapRoot), slot));
        }
    }

    /** @throws IllegalStateException if the task is not in this list. */
    void remove(int row, int slot) {
        if (LaneHeap.isTagged(links.readyPrevious(slot))) {
            rows.putInt(row, heapRoot, heap.remove(row, rows.getInt(row, heapRoot), slot));
        } else {
            unlink(row, slot);
        }
    }

    /** Shows up to {@code limit} tasks in order, which must not change meanwhile. Returns how many. */
    int show(int row, int limit, IntConsumer visitor) {
        int next = rows.getInt(row, head);
        heap.beginForecast(rows.getInt(row, heapRoot));
        int shown = 0;
        while (shown < limit) {
            final int late = heap.forecast();
            if (late != NULL && (next == NULL || order.isBefore(late, next))) {
                visitor.accept(late);
                heap.advanceForecast();
            } else if (next != NULL) {
                visitor.accept(next);
                next = links.readyNext(next);
            } else {
                break;
            }
            shown++;
        }
        return shown;
    }

    /**
     * Tasks that come before one of the list, counted up to {@code most}; they must not change meanwhile.
     *
     * @param most at most {@link ReadyQueue#FORECAST_MAX}.
     */
    int countBefore(int row, int slot, int most) {
        int next = rows.getInt(row, head);
        heap.beginForecast(rows.getInt(row, heapRoot));
        int before = 0;
        while (before < most) {
            final int late = heap.forecast();
            final boolean isLate = late != NULL && (next == NULL || order.isBefore(late, next));
            if ((isLate ? late : next) == slot) {
                break;
            }
            if (isLate) {
                heap.advanceForecast();
            } else {
                next = links.readyNext(next);
            }
            before++;
        }
        return before;
    }

    private void unlink(int row, int slot) {
        final int previous = links.readyPrevious(slot);
        final int next = links.readyNext(slot);
        // A row that was never queued holds zeros: slot 0 is then its own neighbour.
        final boolean isLinked = previous == NULL
                ? rows.getInt(row, head) == slot
                : previous != slot && links.readyNext(previous) == slot;
        if (!isLinked) {
            throw notQueued(slot);
        }
        if (previous == NULL) {
            rows.putInt(row, head, next);
        } else {
            links.readyNext(previous, next);
        }
        if (next == NULL) {
            rows.putInt(row, tail, previous);
        } else {
            links.readyPrevious(next, previous);
        }
        link(slot, NULL, NULL);
    }

    private void link(int slot, int previous, int next) {
        links.readyPrevious(slot, previous);
        links.readyNext(slot, next);
    }

    static IllegalStateException notQueued(int slot) {
        return new IllegalStateException("Expected to remove ready task " + slot + ", but it is not queued.");
    }

    /** Tasks that came out of order and wait in heaps. */
    int outOfOrderCount() {
        return heap.count();
    }

    long bytes() {
        return heap.bytes();
    }

    void close() {
        heap.close();
    }
}
