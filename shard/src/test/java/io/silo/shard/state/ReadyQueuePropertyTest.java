package io.silo.shard.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import io.silo.shard.state.ReadyModel.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntConsumer;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;

class ReadyQueuePropertyTest {
    private static final int TASKS = 4_000;

    @Test
    void shouldAgreeWithThePlainModelUnderRandomChanges() {
        Seeds.forEach(25, seed -> {
            try (var run = new RandomRun(seed)) {
                for (int step = 0; step < 15_000; step++) {
                    run.step(step);
                }
                run.drain();
            }
        });
    }

    /** One seed: a queue and its model, changed alike and compared at every step. */
    private static final class RandomRun implements AutoCloseable {
        private final Random random;
        private final ArrayLinks links = new ArrayLinks(TASKS);
        private final ReadyQueue queue = new ReadyQueue(links);
        private final ReadyModel model;
        private final Map<Integer, Place> places = new HashMap<>();
        private final IntArrayList queued = new IntArrayList();
        private final IntArrayList idle = new IntArrayList();
        private final List<Place> leased = new ArrayList<>();
        private final int groups;
        private final int priorities;
        private final int tenants;
        private final int disorder;

        RandomRun(long seed) {
            random = new Random(seed);
            groups = 1 + random.nextInt(4);
            priorities = 1 + random.nextInt(100);
            tenants = 1 + random.nextInt(seed % 2 == 0 ? 4 : 200);
            disorder = 1 << random.nextInt(12);
            int[] weights = new int[tenants];
            for (int tenant = 0; tenant < tenants; tenant++) {
                weights[tenant] = 1 + random.nextInt(3);
                queue.setWeight(tenant, weights[tenant]);
            }
            model = new ReadyModel(links, weights);
            for (int slot = TASKS - 1; slot >= 0; slot--) {
                idle.addInt(slot);
            }
        }

        void step(int step) {
            int action = random.nextInt(10);
            int group = random.nextInt(groups);
            if (action < 6 && !idle.isEmpty()) {
                add(step, group);
            } else if (action < 8) {
                int slot = model.poll(group);
                assertThat(queue.peek(group)).isEqualTo(slot);
                assertThat(queue.poll(group)).isEqualTo(slot);
                lease(slot);
                retire(slot);
            } else if (action < 9) {
                int tenant = random.nextInt(tenants);
                int slot = model.peek(group, tenant);
                assertThat(queue.peek(group, tenant)).isEqualTo(slot);
                assertThat(queue.poll(group, tenant)).isEqualTo(slot);
                if (slot != RowSlab.NULL_SLOT) {
                    model.remove(slot, requireNonNull(places.get(slot)));
                }
                lease(slot);
                retire(slot);
            } else if (!queued.isEmpty()) {
                int slot = queued.getInt(random.nextInt(queued.size()));
                Place place = requireNonNull(places.get(slot));
                queue.remove(slot, place.group(), place.priority(), place.tenant());
                model.remove(slot, place);
                if (random.nextBoolean()) {
                    // By its id: whoever has how many running.
                    lease(slot);
                }
                retire(slot);
            }
            if (!leased.isEmpty() && random.nextInt(4) == 0) {
                Place ended = leased.remove(random.nextInt(leased.size()));
                queue.leaseEnded(ended.group(), ended.tenant());
                model.running(ended, -1);
            }
            if (random.nextInt(50) == 0) {
                int tenant = random.nextInt(tenants);
                int weight = 1 + random.nextInt(4);
                model.weight(tenant, weight);
                queue.setWeight(tenant, weight);
            }
            if (random.nextInt(60) == 0) {
                int tenant = random.nextInt(tenants);
                int max = random.nextInt(4) == 0 ? ReadyQueue.NO_CAP : 1 + random.nextInt(5);
                queue.cap(tenant, max, this::leases);
                model.cap(tenant, max);
            }
            if (random.nextInt(50) == 0) {
                int tenant = random.nextInt(tenants);
                if (random.nextBoolean()) {
                    queue.pause(tenant);
                    model.pause(tenant);
                } else {
                    queue.resume(tenant);
                    model.resume(tenant);
                }
            }
            assertThat(queue.size()).isEqualTo(queued.size());
            assertThat(queue.size(group)).isEqualTo(model.size(group));
            assertThat(queue.isEmpty(group)).isEqualTo(model.size(group) == 0);
            assertThat(queue.peek(group)).isEqualTo(model.peek(group));
            if (step % 512 == 0) {
                queue.checkInvariants(this::leases);
            }
            if (step % 64 == 0) {
                checkForecast(group, 1 + random.nextInt(300));
            }
        }

        /** Of one tenant exactly what comes next; of all each tenant's next ones, the very next of all first. */
        private void checkForecast(int group, int limit) {
            Map<Integer, List<Integer>> byTenant = new HashMap<>();
            var shown = new ArrayList<Integer>();
            queue.forecast(group, ReadyQueue.ANY_TENANT, limit, shown::add);
            assertThat(shown).hasSizeBetween(Math.min(1, queue.size(group)), Math.min(limit, queue.size(group)));
            assertThat(shown.isEmpty() ? RowSlab.NULL_SLOT : shown.get(0)).isEqualTo(queue.peek(group));
            for (int slot : shown) {
                Place place = requireNonNull(places.get(slot));
                assertThat(place.group()).isEqualTo(group);
                byTenant.computeIfAbsent(place.tenant(), tenant -> new ArrayList<>())
                        .add(slot);
            }
            byTenant.put(random.nextInt(tenants), new ArrayList<>());
            byTenant.forEach((tenant, slots) -> {
                var own = new ArrayList<Integer>();
                queue.forecast(group, tenant, limit, own::add);
                List<Integer> expected = model.inOrder(group, tenant);
                assertThat(own).isEqualTo(expected.subList(0, Math.min(limit, expected.size())));
                assertThat(slots).isEqualTo(expected.subList(0, slots.size()));
            });
        }

        private void leases(int tenant, IntConsumer group) {
            leased.stream().filter(place -> place.tenant() == tenant).forEach(place -> group.accept(place.group()));
        }

        private void lease(int slot) {
            if (slot != RowSlab.NULL_SLOT) {
                Place place = requireNonNull(places.get(slot));
                leased.add(place);
                boolean had = queue.isAtCap(place.group(), place.tenant());
                assertThat(queue.leased(place.group(), place.tenant()))
                        .isEqualTo(!had && model.room(place.group(), place.tenant()) == 1);
                model.running(place, 1);
                assertThat(queue.isAtCap(place.group(), place.tenant()))
                        .isEqualTo(model.room(place.group(), place.tenant()) == 0);
            }
        }

        void drain() {
            for (int tenant = 0; tenant < tenants; tenant++) {
                queue.cap(tenant, ReadyQueue.NO_CAP, this::leases);
                model.cap(tenant, ReadyQueue.NO_CAP);
                queue.resume(tenant);
                model.resume(tenant);
            }
            for (int group = 0; group < groups; group++) {
                while (!queue.isEmpty(group)) {
                    assertThat(queue.poll(group)).isEqualTo(model.poll(group));
                }
            }
            assertThat(queue.size() + queue.laneCount() + queue.outOfOrderCount())
                    .isZero();
        }

        @Override
        public void close() {
            queue.close();
        }

        private void add(int step, int group) {
            int slot = idle.popInt();
            links.startMs[slot] = ((long) step + random.nextInt(disorder)) / 4;
            links.arrival[slot] = random.nextInt(8) == 0 ? -step : step;
            var place = new Place(group, random.nextInt(priorities), random.nextInt(tenants));
            queue.add(slot, place.group(), place.priority(), place.tenant());
            model.add(slot, place);
            places.put(slot, place);
            queued.addInt(slot);
        }

        private void retire(int slot) {
            if (slot != RowSlab.NULL_SLOT) {
                places.remove(slot);
                queued.fastUnorderedRemove(queued.indexOf(slot));
                idle.addInt(slot);
            }
        }
    }

    @Test
    void shouldServeBackloggedTenantsByWeightWithinOneQuantumEach() {
        Seeds.forEach(30, seed -> {
            var random = new Random(seed);
            int[] weight = {1 + random.nextInt(20), 1 + random.nextInt(20)};
            var links = new ArrayLinks(2 * 64);
            try (var queue = new ReadyQueue(links)) {
                for (int tenant = 0; tenant < 2; tenant++) {
                    queue.setWeight(tenant, weight[tenant]);
                    for (int i = 0; i < 64; i++) {
                        links.arrival[tenant * 64 + i] = i;
                        queue.add(tenant * 64 + i, 3, 7, tenant);
                    }
                }
                long[] served = new long[2];
                for (int i = 0; i < 5_000; i++) {
                    int slot = queue.poll(3);
                    int tenant = slot / 64;
                    served[tenant]++;
                    links.arrival[slot] = 64L + i;
                    queue.add(slot, 3, 7, tenant);
                    // |s0 / w0 - s1 / w1| <= 1, without division.
                    assertThat(Math.abs(served[0] * weight[1] - served[1] * weight[0]))
                            .isLessThanOrEqualTo((long) weight[0] * weight[1]);
                }
            }
        });
    }

    @Test
    void shouldTakeATenantOfManyInTurnHoweverLateItCame() {
        var links = new ArrayLinks(3_000);
        try (var queue = new ReadyQueue(links)) {
            for (int slot = 0; slot < 2_000; slot++) {
                links.arrival[slot] = slot;
                queue.add(slot, 0, 50, 0);
            }
            for (int slot = 2_000; slot < 3_000; slot++) {
                links.arrival[slot] = slot;
                queue.add(slot, 0, 50, slot);
            }
            var first = new ArrayList<Integer>();
            for (int i = 0; i < 1_001; i++) {
                first.add(queue.poll(0));
            }
            assertThat(first.get(0)).isZero();
            for (int i = 1; i <= 1_000; i++) {
                assertThat(first.get(i)).isEqualTo(1_999 + i);
            }
            assertThat(queue.poll(0)).isEqualTo(1);
        }
    }

    @Test
    void shouldKeepReturnedTasksOutOfTheHeap() {
        var links = new ArrayLinks(1_000);
        try (var queue = new ReadyQueue(links)) {
            for (int slot = 0; slot < 1_000; slot++) {
                links.arrival[slot] = slot;
                queue.add(slot, 0, 50, 0);
            }
            for (int i = 0; i < 500; i++) {
                assertThat(queue.poll(0)).isEqualTo(i);
            }
            for (int i = 499; i >= 0; i--) {
                queue.add(i, 0, 50, 0);
                assertThat(queue.peek(0)).isEqualTo(i);
            }
            assertThat(queue.outOfOrderCount()).isZero();
        }
    }

    @Test
    void shouldCostALogarithmAtWorstWhenTasksComeInReverse() {
        int tasks = 200_000;
        var links = new ArrayLinks(tasks);
        try (var queue = new ReadyQueue(links)) {
            // Head and tail stand, everything else comes between them, latest first, then in a scramble.
            links.arrival[1] = tasks;
            queue.add(0, 0, 50, 0);
            queue.add(1, 0, 50, 0);
            long readsMax = 0;
            for (int slot = 2; slot < tasks; slot++) {
                links.arrival[slot] = slot < tasks / 2 ? tasks - slot : (slot * 7_919L) % tasks;
                long before = links.reads;
                queue.add(slot, 0, 50, 0);
                readsMax = Math.max(readsMax, links.reads - before);
            }
            assertThat(queue.outOfOrderCount()).isEqualTo(tasks - 2);
            for (int slot = 2; slot < tasks; slot += 2) {
                long before = links.reads;
                queue.remove(slot, 0, 50, 0);
                readsMax = Math.max(readsMax, links.reads - before);
            }
            long last = -1;
            while (!queue.isEmpty(0)) {
                long before = links.reads;
                int slot = queue.poll(0);
                readsMax = Math.max(readsMax, links.reads - before);
                assertThat(links.arrival[slot]).isGreaterThanOrEqualTo(last);
                last = links.arrival[slot];
            }
            // Two right spines of at most log2(200,000) nodes, four reads a comparison at most, and the few at list and
            // root.
            assertThat(readsMax).isLessThan(2 * 18 * 2 + 12);
        }
    }

    @Test
    void shouldRefuseWhatIsOutOfRangeOrNotQueued() {
        var links = new ArrayLinks(4);
        try (var queue = new ReadyQueue(links)) {
            assertThatThrownBy(() -> queue.add(0, -1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.add(0, ReadyQueue.GROUPS_MAX, 0, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.add(0, 0, 100, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.add(0, 0, -1, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.add(0, 0, 0, ReadyQueue.TENANTS_MAX))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.setWeight(0, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.setWeight(0, ReadyQueue.WEIGHT_MAX + 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.remove(0, 0, 0, 0)).isInstanceOf(IllegalStateException.class);
            links.arrival[1] = 1;
            queue.add(2, 0, 0, 0);
            assertThatThrownBy(() -> queue.remove(0, 0, 0, 0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> queue.remove(1, 0, 0, 0)).isInstanceOf(IllegalStateException.class);
            queue.remove(2, 0, 0, 0);
            queue.add(0, 0, 0, 0);
            queue.add(1, ReadyQueue.GROUPS_MAX - 1, 99, ReadyQueue.TENANTS_MAX - 1);
            assertThatThrownBy(() -> queue.remove(1, 0, 0, 0)).isInstanceOf(IllegalStateException.class);
            // 3 comes late between 0 and 2, so that it lies in the heap of its lane.
            links.arrival[2] = 9;
            links.arrival[3] = 5;
            queue.add(2, 0, 0, 0);
            queue.add(3, 0, 0, 0);
            assertThat(queue.outOfOrderCount()).isEqualTo(1);
            assertThatThrownBy(() -> queue.remove(3, ReadyQueue.GROUPS_MAX - 1, 99, ReadyQueue.TENANTS_MAX - 1))
                    .isInstanceOf(IllegalStateException.class);
            queue.remove(3, 0, 0, 0);
            assertThatThrownBy(() -> queue.remove(3, 0, 0, 0)).isInstanceOf(IllegalStateException.class);
            queue.remove(2, 0, 0, 0);
            assertThat(queue.poll(ReadyQueue.GROUPS_MAX - 1)).isEqualTo(1);
            assertThat(queue.poll(0)).isZero();
            assertThat(queue.poll(0)).isEqualTo(RowSlab.NULL_SLOT);
        }
    }

    /** Whole rounds of a forecast are what is delivered, by weight, from rings that are longer than it and shorter. */
    @Test
    void shouldForecastTheTurnsOfManyTenants() {
        for (int tenants : new int[] {1, 2, 3, 10, 400}) {
            var links = new ArrayLinks(2_000);
            try (var queue = new ReadyQueue(links)) {
                int round = 0;
                for (int tenant = 0; tenant < tenants; tenant++) {
                    queue.setWeight(tenant, 1 + tenant % 2);
                    round += 1 + tenant % 2;
                }
                for (int slot = 0; slot < 2_000; slot++) {
                    links.arrival[slot] = (slot * 7_919L) % 2_000;
                    queue.add(slot, 0, 50, slot % tenants);
                }
                int limit = 300 / round * round;
                var shown = new HashSet<Integer>();
                queue.forecast(0, ReadyQueue.ANY_TENANT, limit == 0 ? 300 : limit, shown::add);
                assertThat(shown).hasSize(limit == 0 ? 300 : limit);
                for (int i = 0; i < (limit == 0 ? 300 : limit); i++) {
                    assertThat(shown).contains(queue.poll(0));
                }
            }
        }
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        var links = new ArrayLinks(10_000);
        try (var queue = new ReadyQueue(links)) {
            for (int slot = 0; slot < 10_000; slot++) {
                links.arrival[slot] = slot;
                queue.add(slot, slot % 7, slot % 3, slot % 501);
            }
            for (int tenant = 0; tenant < 50; tenant++) {
                queue.cap(tenant, 1 + tenant % 3, (t, group) -> {});
            }
            int[] leased = new int[16];
            Arrays.fill(leased, RowSlab.NULL_SLOT);
            long[] shown = new long[1];
            IntConsumer visitor = slot -> shown[0] += slot;
            Runnable churn = () -> {
                for (int i = 0; i < 100_000; i++) {
                    int group = i % 7;
                    if (i % 100 == 0) {
                        queue.forecast(group, ReadyQueue.ANY_TENANT, ReadyQueue.FORECAST_MAX, visitor);
                    }
                    int slot = queue.poll(group);
                    queue.leased(slot % 7, slot % 501);
                    int ended = leased[i % leased.length];
                    leased[i % leased.length] = slot;
                    if (ended != RowSlab.NULL_SLOT) {
                        queue.leaseEnded(ended % 7, ended % 501);
                    }
                    // Every third comes back out of order.
                    links.arrival[slot] = i % 3 == 0 ? i >> 1 : i + 10_000;
                    queue.add(slot, slot % 7, slot % 3, slot % 501);
                }
            };
            churn.run();
            assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
        }
    }
}
