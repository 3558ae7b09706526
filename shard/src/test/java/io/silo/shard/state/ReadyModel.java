package io.silo.shard.state;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The same queue in the plainest way: rings are lists, lanes are sorted sets, nothing is shared or pooled. */
final class ReadyModel {
    record Place(int group, int priority, int tenant) {}

    private final Comparator<Integer> order;
    private final Map<Integer, TreeMap<Integer, Deque<Integer>>> rings = new HashMap<>();
    private final Map<Place, TreeSet<Integer>> lanes = new HashMap<>();
    private final Map<List<Integer>, Integer> served = new HashMap<>();
    private final Map<Integer, Integer> sizes = new HashMap<>();
    private final Set<Integer> paused = new HashSet<>();
    private final int[] weights;

    ReadyModel(ArrayLinks links, int[] weights) {
        order = Comparator.<Integer>comparingLong(s -> links.startMs[s]).thenComparingLong(s -> links.arrival[s]);
        this.weights = weights;
    }

    void add(int slot, Place place) {
        boolean isPaused = paused.contains(place.tenant);
        sizes.merge(place.group, isPaused ? 0 : 1, Integer::sum);
        lanes.computeIfAbsent(place, p -> {
                    if (!isPaused) {
                        ring(p).add(p.tenant);
                    }
                    return new TreeSet<>(order);
                })
                .add(slot);
    }

    void pause(int tenant) {
        if (paused.add(tenant)) {
            placesOf(tenant).forEach(place -> {
                leaveRing(place);
                sizes.merge(place.group, -lane(place).size(), Integer::sum);
            });
        }
    }

    void resume(int tenant) {
        if (paused.remove(tenant)) {
            placesOf(tenant).forEach(place -> {
                ring(place).add(tenant);
                sizes.merge(place.group, lane(place).size(), Integer::sum);
            });
        }
    }

    /** Places of a tenant in any order: no two of them share a ring. */
    private List<Place> placesOf(int tenant) {
        return lanes.keySet().stream().filter(place -> place.tenant == tenant).toList();
    }

    private void leaveRing(Place place) {
        Deque<Integer> ring = ring(place);
        if (ring.getFirst() == place.tenant) {
            served.remove(List.of(place.group, place.priority));
        }
        ring.remove(place.tenant);
        if (ring.isEmpty()) {
            requireNonNull(rings.get(place.group)).remove(place.priority);
        }
    }

    /** Without a turn: only a lane that ends gives up its place in the ring. */
    void remove(int slot, Place place) {
        NavigableSet<Integer> lane = lane(place);
        lane.remove(slot);
        boolean isPaused = paused.contains(place.tenant);
        sizes.merge(place.group, isPaused ? 0 : -1, Integer::sum);
        if (lane.isEmpty()) {
            lanes.remove(place);
            if (!isPaused) {
                leaveRing(place);
            }
        }
    }

    int size(int group) {
        return sizes.getOrDefault(group, 0);
    }

    int peek(int group) {
        Place place = inTurn(group);
        return place == null ? RowSlab.NULL_SLOT : lane(place).first();
    }

    int peek(int group, int tenant) {
        if (paused.contains(tenant)) {
            return RowSlab.NULL_SLOT;
        }
        for (int priority : rings.getOrDefault(group, new TreeMap<>()).keySet()) {
            TreeSet<Integer> lane = lanes.get(new Place(group, priority, tenant));
            if (lane != null) {
                return lane.first();
            }
        }
        return RowSlab.NULL_SLOT;
    }

    /** Tasks of a tenant in order of delivery, if nobody else were there. */
    List<Integer> inOrder(int group, int tenant) {
        var slots = new ArrayList<Integer>();
        if (paused.contains(tenant)) {
            return slots;
        }
        for (int priority : rings.getOrDefault(group, new TreeMap<>()).keySet()) {
            slots.addAll(lanes.getOrDefault(new Place(group, priority, tenant), new TreeSet<>()));
        }
        return slots;
    }

    int poll(int group) {
        Place place = inTurn(group);
        if (place == null) {
            return RowSlab.NULL_SLOT;
        }
        int slot = lane(place).first();
        var key = List.of(group, place.priority);
        // A turn's length is fixed when it begins, by the weight of then.
        int left = served.computeIfAbsent(key, k -> weights[place.tenant]) - 1;
        served.put(key, left);
        boolean isLast = lane(place).size() == 1;
        remove(slot, place);
        if (!isLast && left == 0) {
            served.remove(key);
            Deque<Integer> ring = ring(place);
            ring.addLast(ring.removeFirst());
        }
        return slot;
    }

    private @Nullable Place inTurn(int group) {
        TreeMap<Integer, Deque<Integer>> priorities = rings.get(group);
        if (priorities == null || priorities.isEmpty()) {
            return null;
        }
        return new Place(
                group,
                priorities.firstKey(),
                requireNonNull(priorities.firstEntry()).getValue().getFirst());
    }

    private NavigableSet<Integer> lane(Place place) {
        return requireNonNull(lanes.get(place));
    }

    private Deque<Integer> ring(Place place) {
        return rings.computeIfAbsent(place.group, g -> new TreeMap<>())
                .computeIfAbsent(place.priority, p -> new ArrayDeque<>());
    }
}
