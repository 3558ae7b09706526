package io.silo.shard.state;

import io.silo.protocol.Bounds;
import io.silo.protocol.Xxh64;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;
import org.agrona.collections.Int2IntHashMap;

/**
 * Runnable tasks of each task group in the order of delivery: priority, 0 first; then tenants in turn, by deficit round
 * robin (Shreedhar and Varghese, SIGCOMM 1995) with a quantum of the tenant's weight and a cost of 1 a task; then start
 * time; then arrival.
 *
 * <pre>
 *   group -- bitmap of priorities that have tasks
 *     priority -- ring of lanes, one of them in turn
 *       lane = (group, priority, tenant):   a TaskList by start time and arrival
 *
 *   lane row:  0 long: key | 8 ends of its list | 20 int: ring previous | 24 int: ring next | 28 int: deficit | 32 int: tasks
 * </pre>
 *
 * <p>A task that belongs behind the tail or before the head costs O(1), any other O(log n) of its lane; removal
 * likewise. A lane exists while it has tasks; a lane that comes new or comes back goes to the end of its ring. The lanes
 * of a paused tenant are in no ring, and their tasks count in no group; so are those of a tenant in a group where it has
 * as many leases as it may ({@link RunningCaps}), until one ends. Whose turn it is and what is left of it is volatile: a
 * replay restores the order inside lanes alone.
 *
 * <p>At most {@link #TASKS_MAX} tasks, {@link #GROUPS_MAX} groups, {@link #TENANTS_MAX} tenants. Only the shard thread
 * may touch it; nothing allocates but growth by a chunk.
 */
public final class ReadyQueue implements AutoCloseable {
    /** Most queued tasks: design asks for ten million. */
    public static final int TASKS_MAX = 1 << 24;

    /** Groups are 0 to this less 1. */
    public static final int GROUPS_MAX = 1 << 16;

    /** Tenants are 0 to this less 1. */
    public static final int TENANTS_MAX = 1 << 20;

    /** Largest weight: a turn is then no longer than the tasks of one call. */
    public static final int WEIGHT_MAX = Bounds.TENANT_WEIGHT_MAX;

    /** Stands for no cap on running tasks. */
    public static final int NO_CAP = Integer.MAX_VALUE;

    /** Most tasks that {@link #forecast} shows. */
    public static final int FORECAST_MAX = 1_024;

    /** Stands for all tenants of a group. */
    public static final int ANY_TENANT = -1;

    private static final int NULL = RowSlab.NULL_SLOT;
    private static final int KEY = 0;
    private static final int LIST = 8;
    private static final int RING_PREVIOUS = LIST + TaskList.ROW_BYTES;
    private static final int RING_NEXT = RING_PREVIOUS + 4;
    private static final int DEFICIT = 28;
    private static final int TASKS = 32;
    private static final int LANE_BYTES = 40;
    private static final int LANES_PER_CHUNK = 1_024;

    private static final int PRIORITIES = Bounds.PRIORITY_MAX + 1;
    /**
     * Of a group: four ints of bitmap, its size, then for each priority the lane in turn, plus 1 so that zero is none.
     */
    private static final int GROUP_SIZE = 4;

    private static final int GROUP_RINGS = 5;
    private static final int GROUP_INTS = GROUP_RINGS + PRIORITIES;
    private static final int GROUPS_SHIFT = 4;
    private static final int GROUPS_MASK = (1 << GROUPS_SHIFT) - 1;
    private static final int[] NO_GROUPS = new int[GROUP_INTS << GROUPS_SHIFT];

    private static final int WEIGHTS_SHIFT = 10;
    private static final int WEIGHTS_MASK = (1 << WEIGHTS_SHIFT) - 1;
    /** Weights are kept less 1, so that zero is the default of 1. */
    private static final short[] NO_WEIGHTS = new short[1 << WEIGHTS_SHIFT];

    private static final int TENANT_BITS = 20;
    private static final int PRIORITY_BITS = 7;

    private final RowSlab lanes = new RowSlab(LANE_BYTES, LANES_PER_CHUNK, TASKS_MAX);
    private final TaskList tasks;
    private final SlotIndex laneIndex = new SlotIndex();
    private final int[][] groups = new int[GROUPS_MAX >>> GROUPS_SHIFT][];
    private final short[][] weights = new short[TENANTS_MAX >>> WEIGHTS_SHIFT][];
    private final BitSet paused = new BitSet();
    private final RunningCaps caps = new RunningCaps();
    /** Tasks that the forecast under way has shown, of tenants that have a cap. */
    private final Int2IntHashMap shownOfCapped = new Int2IntHashMap(0);

    private int groupChunks;
    private int weightChunks;
    private int size;

    /** An empty queue over the rows that {@code links} reads and writes. */
    public ReadyQueue(ReadyLinks links) {
        tasks = new TaskList(links, (slot, other) -> isBefore(links, slot, other), lanes, LIST, TASKS_MAX);
        Arrays.fill(groups, NO_GROUPS);
        Arrays.fill(weights, NO_WEIGHTS);
    }

    /**
     * Queues a task that is not queued.
     *
     * @throws IllegalArgumentException if group, priority or tenant is out of range.
     * @throws IllegalStateException if {@link #TASKS_MAX} are queued.
     */
    public void add(int slot, int group, int priority, int tenant) {
        checkGroup(group);
        checkTenant(tenant);
        if (priority < 0 || priority >= PRIORITIES) {
            throw new IllegalArgumentException(
                    "Expected a priority of 0 to " + Bounds.PRIORITY_MAX + ", but it is " + priority + ".");
        }
        if (size == TASKS_MAX) {
            throw new IllegalStateException("Expected to queue a task, but " + TASKS_MAX + " are queued.");
        }
        long key = key(group, priority, tenant);
        int lane = findLane(key);
        if (lane == NULL) {
            lane = openLane(key);
        }
        tasks.add(lane, slot);
        count(lane, 1);
    }

    /**
     * Takes a queued task out. The tenant's turn is not spent.
     *
     * @throws IllegalStateException if the task is not queued there.
     */
    public void remove(int slot, int group, int priority, int tenant) {
        checkGroup(group);
        checkTenant(tenant);
        int lane = findLane(key(group, priority, tenant));
        if (lane == NULL) {
            throw TaskList.notQueued(slot);
        }
        removeFromLane(lane, slot);
    }

    /** The task that {@link #poll(int)} would give, or {@link RowSlab#NULL_SLOT}. */
    public int peek(int group) {
        // [SILO-CAP-1] Of a tenant in the ring.
        int lane = laneInTurn(group);
        return lane == NULL ? NULL : tasks.first(lane);
    }

    /** Takes the next task of a group, or {@link RowSlab#NULL_SLOT}, and spends one of its tenant's turn. */
    public int poll(int group) {
        int lane = laneInTurn(group);
        if (lane == NULL) {
            return NULL;
        }
        int slot = tasks.first(lane);
        int deficit = lanes.getInt(lane, DEFICIT) - 1;
        lanes.putInt(lane, DEFICIT, deficit);
        if (deficit == 0) {
            passTurn(lane);
        }
        removeFromLane(lane, slot);
        return slot;
    }

    /** The task that {@link #poll(int, int)} would give, or {@link RowSlab#NULL_SLOT}. */
    public int peek(int group, int tenant) {
        int lane = firstLaneOf(group, tenant);
        return lane == NULL ? NULL : tasks.first(lane);
    }

    /**
     * Takes the next task of one tenant in a group, or {@link RowSlab#NULL_SLOT}, by priority. No turn is spent: who
     * asks for one tenant competes with nobody else's tasks. Costs a search for each priority that has tasks, at most
     * 100.
     */
    public int poll(int group, int tenant) {
        int lane = firstLaneOf(group, tenant);
        if (lane == NULL) {
            return NULL;
        }
        int slot = tasks.first(lane);
        removeFromLane(lane, slot);
        return slot;
    }

    /**
     * Shows the tasks of a group that are likely to come next; they stay queued. Of one tenant they come in order of delivery; of several
     * each shows what its turns are worth in one piece, and what is left of the turn under way does not count. Costs O(1) a task in order,
     * O(log n) of what is shown for one that came out of order.
     *
     * @param tenant only this one, or {@link #ANY_TENANT}.
     * @param limit at most {@link #FORECAST_MAX}.
     * @param visitor must not change the queue.
     */
    public void forecast(int group, int tenant, int limit, IntConsumer visitor) {
        checkGroup(group);
        int[] chunk = groups[group >>> GROUPS_SHIFT];
        int index = groupIndex(group);
        int left = Math.min(limit, FORECAST_MAX);
        shownOfCapped.clear();
        if (tenant != ANY_TENANT) {
            left = paused.get(tenant) ? 0 : Math.min(left, caps.room(group, tenant));
        }
        for (int word = 0; word < 4 && left > 0; word++) {
            for (int bits = chunk[index + word]; bits != 0 && left > 0; bits &= bits - 1) {
                int priority = (word << 5) + Integer.numberOfTrailingZeros(bits);
                if (tenant == ANY_TENANT) {
                    left = forecastRing(chunk[index + GROUP_RINGS + priority] - 1, left, visitor);
                } else {
                    int lane = findLane(key(group, priority, tenant));
                    left -= lane == NULL ? 0 : tasks.show(lane, left, visitor);
                }
            }
        }
    }

    /** What a tenant may still have running beyond what was shown of it in more urgent priorities. */
    private int roomInForecast(long key) {
        int room = caps.room(groupOf(key), tenantOf(key));
        return room == NO_CAP ? room : room - shownOfCapped.get(tenantOf(key));
    }

    /** Shows what the lanes of a ring give in turn. Returns how many may still be shown: none if this ring has more. */
    private int forecastRing(int inTurn, int limit, IntConsumer visitor) {
        int round = 0;
        int lane = inTurn;
        do {
            round += weight(tenantOf(lanes.getLong(lane, KEY)));
            lane = lanes.getInt(lane, RING_NEXT);
        } while (lane != inTurn && round < limit);
        int end = lane;
        int turns = (limit + round - 1) / round;
        int left = limit;
        boolean hasMore = end != inTurn;
        lane = inTurn;
        do {
            long key = lanes.getLong(lane, KEY);
            int share = turns * weight(tenantOf(key));
            int shown = tasks.show(lane, Math.min(Math.min(share, roomInForecast(key)), left), visitor);
            if (caps.isCapped(tenantOf(key)) && shown > 0) {
                shownOfCapped.put(tenantOf(key), shownOfCapped.get(tenantOf(key)) + shown);
            }
            hasMore |= shown == share;
            left -= shown;
            lane = lanes.getInt(lane, RING_NEXT);
        } while (lane != end && left > 0);
        return hasMore ? 0 : left;
    }

    /**
     * Sets how many tasks a tenant gets in one turn, 1 by default; counts from its next turn.
     *
     * @param weight 1 to {@link #WEIGHT_MAX}.
     * @throws IllegalArgumentException if tenant or weight is out of range.
     */
    public void setWeight(int tenant, int weight) {
        checkTenant(tenant);
        if (weight < 1 || weight > WEIGHT_MAX) {
            throw new IllegalArgumentException(
                    "Expected a weight of 1 to " + WEIGHT_MAX + ", but it is " + weight + ".");
        }
        if (weight != weight(tenant)) {
            ownWeights(tenant >>> WEIGHTS_SHIFT)[tenant & WEIGHTS_MASK] = (short) (weight - 1);
        }
    }

    /** Tasks a tenant gets in one turn. */
    public int weight(int tenant) {
        checkTenant(tenant);
        return weights[tenant >>> WEIGHTS_SHIFT][tenant & WEIGHTS_MASK] + 1;
    }

    /**
     * Takes a tenant's tasks out of the order of delivery, those that come later too, until it is resumed. Looks at every lane.
     *
     * @throws IllegalArgumentException if the tenant is out of range.
     */
    public void pause(int tenant) {
        checkTenant(tenant);
        paused.set(tenant);
        placeLanes(tenant);
    }

    /** Puts them back, each lane at the end of its ring, but for those of groups where the tenant has all that it may. */
    public void resume(int tenant) {
        checkTenant(tenant);
        paused.clear(tenant);
        placeLanes(tenant);
    }

    /** The task groups of a tenant's leases, one call for each lease. */
    public interface Leases {
        void forEachGroup(int tenant, IntConsumer group);
    }

    /**
     * Sets how many tasks of each group a tenant may have running at once. Where it has as many or more, its tasks leave the order of
     * delivery until it has fewer. Looks at every lane and lease.
     *
     * @param max 1 or more; {@link #NO_CAP} = any number.
     * @param leases those that live now.
     */
    public void cap(int tenant, int max, Leases leases) {
        checkTenant(tenant);
        forEachLane(tenant, this::leaveRingIfIn);
        caps.forEachRow(tenant, row -> countInGroup(caps.group(row), -caps.counted(row)));
        caps.max(tenant, max);
        if (max != NO_CAP) {
            leases.forEachGroup(tenant, group -> caps.addRunning(caps.open(group, tenant), 1));
            forEachLane(tenant, lane -> {
                long key = lanes.getLong(lane, KEY);
                int row = caps.open(groupOf(key), tenant);
                caps.hasLane(row, priorityOf(key), true);
                caps.addQueued(row, lanes.getInt(lane, TASKS));
            });
        }
        placeLanes(tenant);
    }

    /** Most running tasks of a tenant in each group, or {@link #NO_CAP}. */
    public int cap(int tenant) {
        return caps.max(tenant);
    }

    /**
     * A task of a group was leased, by whatever way.
     *
     * @return whether the tenant has as many as it may from now on.
     */
    public boolean leased(int group, int tenant) {
        return caps.isCapped(tenant) && changeRunning(caps.open(group, tenant), 1);
    }

    /** A lease of a tenant's task ended: {@link #leased} was told of it, or {@link #cap} saw it. */
    public void leaseEnded(int group, int tenant) {
        if (caps.isCapped(tenant)) {
            int row = caps.find(group, tenant);
            changeRunning(row, -1);
            caps.closeIfEmpty(row);
        }
    }

    /** Whether a tenant has as many running tasks of a group as it may. */
    public boolean isAtCap(int group, int tenant) {
        return caps.room(group, tenant) == 0;
    }

    /** Whether no worker may have a task of this group and tenant now, ready or not. */
    boolean isHeld(int group, int tenant) {
        return paused.get(tenant) || isAtCap(group, tenant);
    }

    /** Returns whether this filled the cap. */
    private boolean changeRunning(int row, int change) {
        boolean wasFull = caps.isFull(row);
        caps.addRunning(row, change);
        recount(row);
        boolean isFull = caps.isFull(row);
        if (wasFull != isFull) {
            for (int priority = caps.nextLane(row, 0);
                    priority >= 0 && priority < PRIORITIES;
                    priority = caps.nextLane(row, priority + 1)) {
                place(findLane(key(caps.group(row), priority, caps.tenant(row))));
            }
        }
        return isFull && !wasFull;
    }

    private void placeLanes(int tenant) {
        forEachLane(tenant, this::place);
        caps.forEachRow(tenant, this::recount);
    }

    /** Puts a lane into its ring, or takes it out, as it has to be. */
    private void place(int lane) {
        // [SILO-CAP-2]
        if (!mayRun(lanes.getLong(lane, KEY))) {
            leaveRingIfIn(lane);
        } else if (lanes.getInt(lane, RING_NEXT) == NULL) {
            enterRing(lane);
        }
    }

    private void leaveRingIfIn(int lane) {
        if (lanes.getInt(lane, RING_NEXT) != NULL) {
            leaveRing(lane);
        }
    }

    private boolean mayRun(long key) {
        return !paused.get(tenantOf(key)) && caps.room(groupOf(key), tenantOf(key)) > 0;
    }

    private void recount(int row) {
        countInGroup(caps.group(row), caps.recount(row, paused.get(caps.tenant(row))));
    }

    private void forEachLane(int tenant, IntConsumer action) {
        int end = lanes.slotEnd();
        for (int lane = lanes.nextLive(0, end); lane != NULL; lane = lanes.nextLive(lane + 1, end)) {
            if (tenantOf(lanes.getLong(lane, KEY)) == tenant) {
                action.accept(lane);
            }
        }
    }

    /** Queued tasks, those of paused tenants included. */
    public int size() {
        return size;
    }

    /** Queued tasks of a group that workers could be given: of a tenant with a cap no more than it may still have running. */
    public int size(int group) {
        checkGroup(group);
        return groups[group >>> GROUPS_SHIFT][groupIndex(group) + GROUP_SIZE];
    }

    /** Whether no task of a group is queued. */
    public boolean isEmpty(int group) {
        return size(group) == 0;
    }

    /** Priorities of a group that are more urgent than this one and have tasks. */
    int prioritiesBefore(int group, int priority) {
        checkGroup(group);
        final int[] chunk = groups[group >>> GROUPS_SHIFT];
        final int index = groupIndex(group);
        int count = 0;
        for (int word = 0; word <= priority >>> 5; word++) {
            final int bits = chunk[index + word];
            count += Integer.bitCount(word < priority >>> 5 ? bits : bits & (1 << priority) - 1);
        }
        return count;
    }

    /** Tenants of a queued task's group and priority whose turn comes before that of its own, counted up to {@code most}. */
    int tenantsBefore(int group, int priority, int tenant, int most) {
        final int own = findLane(key(group, priority, tenant));
        int count = 0;
        int lane = groups[group >>> GROUPS_SHIFT][groupIndex(group) + GROUP_RINGS + priority] - 1;
        for (; lane != own && lane != NULL && count < most; count++) {
            lane = lanes.getInt(lane, RING_NEXT);
        }
        return count;
    }

    /** Tasks that come before a queued one of the same group, priority and tenant, counted up to {@code most}; see {@link TaskList#countBefore}. */
    int tasksBefore(int slot, int group, int priority, int tenant, int most) {
        return tasks.countBefore(findLane(key(group, priority, tenant)), slot, most);
    }

    /** Bytes held, on heap and off, without the links in the tasks' rows. */
    public long bytes() {
        return lanes.bytes()
                + tasks.bytes()
                + laneIndex.bytes()
                + caps.bytes()
                + 4L * (groups.length + weights.length)
                + 4L * GROUP_INTS * groupChunks * (GROUPS_MASK + 1)
                + 2L * weightChunks * (WEIGHTS_MASK + 1);
    }

    /** Gives the off-heap memory back; the queue must not be used afterwards. */
    @Override
    public void close() {
        lanes.close();
        tasks.close();
        caps.close();
        laneIndex.close();
    }

    /**
     * Compares rings, counts of groups and rows of capped tenants with lanes and leases; for tests and the slow recount.
     *
     * @param leases all that live.
     */
    void checkInvariants(Leases leases) {
        int[] sizes = new int[GROUPS_MAX];
        int[] rowsSeen = new int[1];
        for (int lane = lanes.nextLive(0, lanes.slotEnd());
                lane != NULL;
                lane = lanes.nextLive(lane + 1, lanes.slotEnd())) {
            long key = lanes.getLong(lane, KEY);
            Invariant.check(
                    mayRun(key) == (lanes.getInt(lane, RING_NEXT) != NULL),
                    "a lane is in a ring or not as it may not be");
            sizes[groupOf(key)] += caps.isCapped(tenantOf(key)) || !mayRun(key) ? 0 : lanes.getInt(lane, TASKS);
        }
        caps.forEachTenant(tenant -> {
            Int2IntHashMap running = new Int2IntHashMap(0);
            Int2IntHashMap queued = new Int2IntHashMap(0);
            leases.forEachGroup(tenant, group -> running.put(group, running.get(group) + 1));
            forEachLane(tenant, lane -> {
                int group = groupOf(lanes.getLong(lane, KEY));
                queued.put(group, queued.get(group) + lanes.getInt(lane, TASKS));
            });
            caps.forEachRow(tenant, row -> {
                rowsSeen[0]++;
                int group = caps.group(row);
                int room = paused.get(tenant) ? 0 : Math.max(0, caps.max(tenant) - running.get(group));
                Invariant.check(
                        caps.running(row) == running.remove(group), "running tasks of a tenant differ from leases");
                Invariant.check(
                        caps.queued(row) == queued.get(group), "queued tasks of a tenant differ from its lanes");
                sizes[group] += Math.min(room, queued.get(group));
                queued.remove(group);
            });
            Invariant.check(running.isEmpty() && queued.isEmpty(), "a tenant with a cap is not counted in a group");
        });
        Invariant.check(rowsSeen[0] == caps.rowCount(), "rows of tenants that have no cap");
        for (int chunk = 0; chunk < groups.length; chunk++) {
            for (int group = chunk << GROUPS_SHIFT; hasGroups(chunk) && group >>> GROUPS_SHIFT == chunk; group++) {
                Invariant.check(sizes[group] == size(group), "size of a group differs from its recount");
                sizes[group] = 0;
            }
        }
        Invariant.check(Arrays.stream(sizes).sum() == 0, "tasks of a group that counts none");
    }

    /** Tasks that came out of order and wait in heaps. */
    int outOfOrderCount() {
        return tasks.outOfOrderCount();
    }

    /** Lanes that have tasks. */
    int laneCount() {
        return lanes.count();
    }

    static boolean isBefore(ReadyLinks links, int slot, int other) {
        long start = links.startMs(slot);
        long otherStart = links.startMs(other);
        return start != otherStart ? start < otherStart : links.arrival(slot) < links.arrival(other);
    }

    private static void checkGroup(int group) {
        if (group < 0 || group >= GROUPS_MAX) {
            throw new IllegalArgumentException(
                    "Expected a group of 0 to " + (GROUPS_MAX - 1) + ", but it is " + group + ".");
        }
    }

    private static void checkTenant(int tenant) {
        if (tenant < 0 || tenant >= TENANTS_MAX) {
            throw new IllegalArgumentException(
                    "Expected a tenant of 0 to " + (TENANTS_MAX - 1) + ", but it is " + tenant + ".");
        }
    }

    private static long key(int group, int priority, int tenant) {
        return ((long) group << PRIORITY_BITS | priority) << TENANT_BITS | tenant;
    }

    private static int groupOf(long key) {
        return (int) (key >>> TENANT_BITS + PRIORITY_BITS);
    }

    private static int priorityOf(long key) {
        return (int) (key >>> TENANT_BITS) & (1 << PRIORITY_BITS) - 1;
    }

    private static int tenantOf(long key) {
        return (int) key & TENANTS_MAX - 1;
    }

    private static int groupIndex(int group) {
        return (group & GROUPS_MASK) * GROUP_INTS;
    }

    @SuppressWarnings("ReferenceEquality") // which array it is, is the question
    private boolean hasGroups(int chunk) {
        return groups[chunk] != NO_GROUPS;
    }

    /** The chunk to write to; the one that all unused chunks share is never written. */
    private int[] ownGroups(int chunk) {
        if (!hasGroups(chunk)) {
            groups[chunk] = new int[GROUP_INTS << GROUPS_SHIFT];
            groupChunks++;
        }
        return groups[chunk];
    }

    /** The chunk to write to; the one that all unused chunks share is never written. */
    @SuppressWarnings("ReferenceEquality") // which array it is, is the question
    private short[] ownWeights(int chunk) {
        if (weights[chunk] == NO_WEIGHTS) {
            weights[chunk] = new short[1 << WEIGHTS_SHIFT];
            weightChunks++;
        }
        return weights[chunk];
    }

    private int findLane(long key) {
        long hash = Xxh64.mix(key);
        for (long c = laneIndex.firstCandidate(hash);
                c != SlotIndex.NULL_CANDIDATE;
                c = laneIndex.nextCandidate(hash, c)) {
            if (lanes.getLong((int) c, KEY) == key) {
                return (int) c;
            }
        }
        return NULL;
    }

    private int laneInTurn(int group) {
        checkGroup(group);
        int[] chunk = groups[group >>> GROUPS_SHIFT];
        int index = groupIndex(group);
        for (int word = 0; word < 4; word++) {
            int bits = chunk[index + word];
            if (bits != 0) {
                return chunk[index + GROUP_RINGS + (word << 5) + Integer.numberOfTrailingZeros(bits)] - 1;
            }
        }
        return NULL;
    }

    private int firstLaneOf(int group, int tenant) {
        checkGroup(group);
        checkTenant(tenant);
        if (paused.get(tenant) || caps.room(group, tenant) == 0) {
            return NULL;
        }
        int[] chunk = groups[group >>> GROUPS_SHIFT];
        int index = groupIndex(group);
        for (int word = 0; word < 4; word++) {
            for (int bits = chunk[index + word]; bits != 0; bits &= bits - 1) {
                int lane = findLane(key(group, (word << 5) + Integer.numberOfTrailingZeros(bits), tenant));
                if (lane != NULL) {
                    return lane;
                }
            }
        }
        return NULL;
    }

    private void removeFromLane(int lane, int slot) {
        tasks.remove(lane, slot);
        count(lane, -1);
        if (tasks.isEmpty(lane)) {
            closeLane(lane);
        }
    }

    private int openLane(long key) {
        int lane = lanes.allocate();
        lanes.putLong(lane, KEY, key);
        tasks.init(lane);
        lanes.putInt(lane, RING_PREVIOUS, NULL);
        lanes.putInt(lane, RING_NEXT, NULL);
        laneIndex.put(Xxh64.mix(key), lane);
        if (caps.isCapped(tenantOf(key))) {
            caps.hasLane(caps.open(groupOf(key), tenantOf(key)), priorityOf(key), true);
        }
        place(lane);
        return lane;
    }

    /** Counts tasks of a lane, and of its group while the lane is in a ring; of a tenant with a cap its row says how many. */
    private void count(int lane, int change) {
        lanes.putInt(lane, TASKS, lanes.getInt(lane, TASKS) + change);
        size += change;
        long key = lanes.getLong(lane, KEY);
        if (caps.isCapped(tenantOf(key))) {
            int row = caps.find(groupOf(key), tenantOf(key));
            caps.addQueued(row, change);
            recount(row);
        } else if (lanes.getInt(lane, RING_NEXT) != NULL) {
            countInGroup(groupOf(key), change);
        }
    }

    private void countInGroup(int group, int change) {
        if (change != 0) {
            ownGroups(group >>> GROUPS_SHIFT)[groupIndex(group) + GROUP_SIZE] += change;
        }
    }

    /** Counts the tasks of a lane that enters its ring, or leaves it. */
    private void countLane(long key, int tasksOfLane) {
        if (!caps.isCapped(tenantOf(key))) {
            countInGroup(groupOf(key), tasksOfLane);
        }
    }

    private void enterRing(int lane) {
        long key = lanes.getLong(lane, KEY);
        int group = groupOf(key);
        int priority = priorityOf(key);
        countLane(key, lanes.getInt(lane, TASKS));
        int[] chunk = ownGroups(group >>> GROUPS_SHIFT);
        int index = groupIndex(group);
        int inTurn = chunk[index + GROUP_RINGS + priority] - 1;
        if (inTurn == NULL) {
            lanes.putInt(lane, RING_PREVIOUS, lane);
            lanes.putInt(lane, RING_NEXT, lane);
            lanes.putInt(lane, DEFICIT, weight(tenantOf(key)));
            chunk[index + GROUP_RINGS + priority] = lane + 1;
            chunk[index + (priority >>> 5)] |= 1 << priority;
        } else {
            int last = lanes.getInt(inTurn, RING_PREVIOUS);
            lanes.putInt(lane, RING_PREVIOUS, last);
            lanes.putInt(lane, RING_NEXT, inTurn);
            lanes.putInt(last, RING_NEXT, lane);
            lanes.putInt(inTurn, RING_PREVIOUS, lane);
        }
    }

    private void closeLane(int lane) {
        leaveRingIfIn(lane);
        long key = lanes.getLong(lane, KEY);
        if (caps.isCapped(tenantOf(key))) {
            int row = caps.find(groupOf(key), tenantOf(key));
            caps.hasLane(row, priorityOf(key), false);
            caps.closeIfEmpty(row);
        }
        boolean isRemoved = laneIndex.remove(Xxh64.mix(key), lane);
        assert isRemoved : "lane " + lane + " was not indexed";
        lanes.free(lane);
    }

    private void leaveRing(int lane) {
        long key = lanes.getLong(lane, KEY);
        countLane(key, -lanes.getInt(lane, TASKS));
        int[] chunk = groups[groupOf(key) >>> GROUPS_SHIFT];
        int index = groupIndex(groupOf(key));
        int priority = priorityOf(key);
        int next = lanes.getInt(lane, RING_NEXT);
        if (next == lane) {
            chunk[index + GROUP_RINGS + priority] = 0;
            chunk[index + (priority >>> 5)] &= ~(1 << priority);
        } else {
            if (chunk[index + GROUP_RINGS + priority] - 1 == lane) {
                passTurn(lane);
            }
            int previous = lanes.getInt(lane, RING_PREVIOUS);
            lanes.putInt(previous, RING_NEXT, next);
            lanes.putInt(next, RING_PREVIOUS, previous);
        }
        lanes.putInt(lane, RING_PREVIOUS, NULL);
        lanes.putInt(lane, RING_NEXT, NULL);
    }

    /** Ends the turn of the lane that has it; the next lane of the ring begins its own with a full quantum. */
    private void passTurn(int lane) {
        long key = lanes.getLong(lane, KEY);
        int next = lanes.getInt(lane, RING_NEXT);
        lanes.putInt(next, DEFICIT, weight(tenantOf(lanes.getLong(next, KEY))));
        groups[groupOf(key) >>> GROUPS_SHIFT][groupIndex(groupOf(key)) + GROUP_RINGS + priorityOf(key)] = next + 1;
    }
}
