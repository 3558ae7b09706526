package io.silo.shard.state;

/**
 * Tasks of a lane that came out of order: for each lane one leftist heap (Crane 1972; Knuth, The Art of Computer
 * Programming, volume 3, 5.2.3) of nodes from a shared slab. Adding, taking the first and removing any is O(log n) at
 * worst, not only amortised, and ten million tasks of one lane are no array to copy.
 *
 * <pre>
 *   node:  0 int: slot | 4 int: left | 8 int: right | 12 int: parent | 16 int: rank | 20 int: lane |
 * </pre>
 *
 * <p>A rank is the shortest way down to a missing child; the left child's is never less than the right one's, so the
 * way along right children is at most log2(n + 1) long. The task's row names its node, tagged below {@link
 * RowSlab#NULL_SLOT}. Shard thread only.
 */
final class LaneHeap {
    private static final int NULL = RowSlab.NULL_SLOT;
    private static final int SLOT = 0;
    private static final int LEFT = 4;
    private static final int RIGHT = 8;
    private static final int PARENT = 12;
    private static final int RANK = 16;
    private static final int LANE = 20;
    private static final int NODE_BYTES = 24;
    private static final int NODES_PER_CHUNK = 1_024;

    private final ReadyLinks links;
    private final TaskOrder order;
    private final RowSlab nodes;

    /** Nodes that may come next in a forecast, as a binary heap: each one shown is replaced by its two children. */
    private final int[] frontier = new int[ReadyQueue.FORECAST_MAX + 2];

    private int frontierSize;

    LaneHeap(ReadyLinks links, TaskOrder order, int nodesMax) {
        this.links = links;
        this.order = order;
        nodes = new RowSlab(NODE_BYTES, NODES_PER_CHUNK, nodesMax);
    }

    /** Whether the value that a row holds as its previous says that the task is in a heap. */
    static boolean isTagged(int readyPrevious) {
        return readyPrevious < NULL;
    }

    /** Adds a task to the heap of a lane and returns the new root. */
    int add(int lane, int root, int slot) {
        int node = nodes.allocate();
        nodes.putInt(node, SLOT, slot);
        nodes.putInt(node, LEFT, NULL);
        nodes.putInt(node, RIGHT, NULL);
        nodes.putInt(node, PARENT, NULL);
        nodes.putInt(node, RANK, 1);
        nodes.putInt(node, LANE, lane);
        links.readyPrevious(slot, NULL - 1 - node);
        links.readyNext(slot, NULL);
        return merge(root, node);
    }

    /**
     * Takes a task out of the heap of a lane and returns the new root.
     *
     * @throws IllegalStateException if the task's row names no node of its own in this lane.
     */
    int remove(int lane, int root, int slot) {
        int node = NULL - 1 - links.readyPrevious(slot);
        if (!nodes.isLive(node) || nodes.getInt(node, SLOT) != slot || nodes.getInt(node, LANE) != lane) {
            throw new IllegalStateException("Expected to remove ready task " + slot + ", but it is not queued.");
        }
        int left = nodes.getInt(node, LEFT);
        int right = nodes.getInt(node, RIGHT);
        int parent = nodes.getInt(node, PARENT);
        setParent(left, NULL);
        setParent(right, NULL);
        int below = merge(left, right);
        nodes.free(node);
        links.readyPrevious(slot, NULL);
        if (parent == NULL) {
            return below;
        }
        setParent(below, parent);
        nodes.putInt(parent, nodes.getInt(parent, LEFT) == node ? LEFT : RIGHT, below);
        // Each node whose rank changes is its parent's right child afterwards, with a rank one higher: O(log n) of
        // them.
        for (int up = parent; up != NULL && straighten(up); up = nodes.getInt(up, PARENT)) {}
        return root;
    }

    /** The task of a node. */
    int slot(int node) {
        return nodes.getInt(node, SLOT);
    }

    /** Begins to show the tasks of a heap in order, at most {@link ReadyQueue#FORECAST_MAX}; they stay in it. */
    void beginForecast(int root) {
        frontierSize = 0;
        addToFrontier(root);
    }

    /** The next task of the forecast, or {@link RowSlab#NULL_SLOT}. O(1). */
    int forecast() {
        return frontierSize == 0 ? NULL : slot(frontier[0]);
    }

    /** Goes on to the next but one. O(log n) of what was shown. */
    void advanceForecast() {
        int shown = frontier[0];
        int last = frontier[--frontierSize];
        int hole = 0;
        for (int child = 1; child < frontierSize; child = 2 * hole + 1) {
            if (child + 1 < frontierSize && isBefore(frontier[child + 1], frontier[child])) {
                child++;
            }
            if (isBefore(last, frontier[child])) {
                break;
            }
            frontier[hole] = frontier[child];
            hole = child;
        }
        frontier[hole] = last;
        addToFrontier(nodes.getInt(shown, LEFT));
        addToFrontier(nodes.getInt(shown, RIGHT));
    }

    private void addToFrontier(int node) {
        if (node == NULL) {
            return;
        }
        int hole = frontierSize++;
        while (hole > 0 && isBefore(node, frontier[(hole - 1) / 2])) {
            frontier[hole] = frontier[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }
        frontier[hole] = node;
    }

    int count() {
        return nodes.count();
    }

    long bytes() {
        return nodes.bytes() + (long) Integer.BYTES * frontier.length;
    }

    void close() {
        nodes.close();
    }

    private int merge(int one, int other) {
        if (one == NULL) {
            return other;
        }
        if (other == NULL) {
            return one;
        }
        boolean isOneFirst = isBefore(one, other);
        int root = isOneFirst ? one : other;
        int rest = isOneFirst ? other : one;
        int last = root;
        while (true) {
            int right = nodes.getInt(last, RIGHT);
            if (right != NULL && isBefore(right, rest)) {
                last = right;
                continue;
            }
            nodes.putInt(last, RIGHT, rest);
            nodes.putInt(rest, PARENT, last);
            if (right == NULL) {
                break;
            }
            last = rest;
            rest = right;
        }
        for (int up = last; up != NULL; up = nodes.getInt(up, PARENT)) {
            straighten(up);
        }
        return root;
    }

    /** Puts the child of the higher rank left and sets the rank; returns whether the rank changed. */
    private boolean straighten(int node) {
        int left = nodes.getInt(node, LEFT);
        int right = nodes.getInt(node, RIGHT);
        int leftRank = rank(left);
        int rightRank = rank(right);
        if (leftRank < rightRank) {
            nodes.putInt(node, LEFT, right);
            nodes.putInt(node, RIGHT, left);
        }
        int rank = Math.min(leftRank, rightRank) + 1;
        if (rank == nodes.getInt(node, RANK)) {
            return false;
        }
        nodes.putInt(node, RANK, rank);
        return true;
    }

    private int rank(int node) {
        return node == NULL ? 0 : nodes.getInt(node, RANK);
    }

    private void setParent(int node, int parent) {
        if (node != NULL) {
            nodes.putInt(node, PARENT, parent);
        }
    }

    private boolean isBefore(int node, int other) {
        return order.isBefore(slot(node), slot(other));
    }
}
