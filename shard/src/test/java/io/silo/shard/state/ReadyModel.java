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
    private final Map<Integer, Integer> caps = new HashMap<>();
    private final Map<List<Integer>, Integer> running = new HashMap<>();
    private final Map<List<Integer>, Integer> queued = new HashMap<>();
    private final int[] weights;

    ReadyModel(ArrayLinks links, int[] weights) {
        order = Comparator.<Integer>comparingLong(s -> links.startMs[s]).thenComparingLong(s -> links.arrival[s]);
        this.weights = weights;
    }

    void add(int slot, Place place) {
        boolean mayRun = mayRun(place);
        sizes.merge(place.group, mayRun ? 1 : 0, Integer::sum);
        queued.merge(List.of(place.group, place.tenant), 1, Integer::sum);
        lanes.computeIfAbsent(place, p -> {
                    if (mayRun) {
                        ring(p).add(p.tenant);
                    }
                    return new TreeSet<>(order);
                })
                .add(slot);
    }

    void pause(int tenant) {
        changing(placesOf(tenant), () -> paused.add(tenant));
    }

    void resume(int tenant) {
        changing(placesOf(tenant), () -> paused.remove(tenant));
    }

    /** Turns that have begun keep their length. */
    void weight(int tenant, int weight) {
        rings.forEach((group, priorities) -> priorities.forEach((priority, ring) -> {
            if (!ring.isEmpty()) {
                served.computeIfAbsent(List.of(group, priority), k -> weights[ring.getFirst()]);
            }
        }));
        weights[tenant] = weight;
    }

    /** Lanes of the tenant all begin anew. */
    void cap(int tenant, int max) {
        placesOf(tenant).stream().filter(this::mayRun).forEach(place -> {
            leaveRing(place);
            ring(place).add(tenant);
        });
        changing(placesOf(tenant), () -> caps.put(tenant, max));
    }

    void running(Place place, int change) {
        List<Place> places = placesOf(place.tenant).stream()
                .filter(other -> other.group == place.group)
                .toList();
        changing(places, () -> running.merge(List.of(place.group, place.tenant), change, Integer::sum));
    }

    /** Tasks of a group that the tenant may have beside those that run. */
    int room(int group, int tenant) {
        int most = caps.getOrDefault(tenant, ReadyQueue.NO_CAP);
        return most == ReadyQueue.NO_CAP ? most : Math.max(0, most - running.getOrDefault(List.of(group, tenant), 0));
    }

    private boolean mayRun(Place place) {
        return !paused.contains(place.tenant) && room(place.group, place.tenant) > 0;
    }

    private void changing(List<Place> places, Runnable change) {
        List<Place> before = places.stream().filter(this::mayRun).toList();
        change.run();
        for (Place place : places) {
            if (before.contains(place) && !mayRun(place)) {
                leaveRing(place);
                sizes.merge(place.group, -lane(place).size(), Integer::sum);
            } else if (!before.contains(place) && mayRun(place)) {
                ring(place).add(place.tenant);
                sizes.merge(place.group, lane(place).size(), Integer::sum);
            }
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
        sizes.merge(place.group, mayRun(place) ? -1 : 0, Integer::sum);
        queued.merge(List.of(place.group, place.tenant), -1, Integer::sum);
        if (lane.isEmpty()) {
            lanes.remove(place);
            if (mayRun(place)) {
                leaveRing(place);
            }
        }
    }

    /** Of a tenant with a cap no more than it may still have. */
    int size(int group) {
        int size = sizes.getOrDefault(group, 0);
        for (int tenant : caps.keySet()) {
            int tasks = paused.contains(tenant) || room(group, tenant) == 0
                    ? 0
                    : queued.getOrDefault(List.of(group, tenant), 0);
            size -= Math.max(0, tasks - room(group, tenant));
        }
        return size;
    }

    int peek(int group) {
        Place place = inTurn(group);
        return place == null ? RowSlab.NULL_SLOT : lane(place).first();
    }

    int peek(int group, int tenant) {
        if (paused.contains(tenant) || room(group, tenant) == 0) {
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
        List<Integer> slots = new ArrayList<>();
        if (paused.contains(tenant)) {
            return slots;
        }
        for (int priority : rings.getOrDefault(group, new TreeMap<>()).keySet()) {
            slots.addAll(lanes.getOrDefault(new Place(group, priority, tenant), new TreeSet<>()));
        }
        return slots.subList(0, Math.min(slots.size(), room(group, tenant)));
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
