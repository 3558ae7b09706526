package io.silo.shard;

import static io.silo.shard.TestTenants.change;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.ShardState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What tenants get of a shard's workers, measured over grants. */
class FairnessTest {
    /** Grants that a share is measured over, at every place. */
    private static final int WINDOW = 10_000;

    private static final int BATCH = 1_000;

    private final ShardHarness harness = new ShardHarness(
            1,
            List.of(new ShardHarness(1).settings),
            64 * 1024 * 1024,
            h -> h.capacity = new ShardState.Capacity(1 << 18, 1 << 26, 1 << 14, 1 << 10, 1 << 12, 1 << 10));
    private final TestClient client = new TestClient(harness, 1);
    private final TestTenants tenants = new TestTenants(client);
    private final List<String> grants = new ArrayList<>();
    private int jobs;

    @AfterEach
    void close() {
        harness.close();
    }

    private void enqueue(String tenant, int count, boolean limited) {
        for (int done = 0; done < count; ) {
            Item[] items = new Item[Math.min(BATCH, count - done)];
            for (int i = 0; i < items.length; i++) {
                items[i] = new Item("j" + jobs++);
                items[i].tenant = tenant;
                items[i].payload = new byte[0];
                if (limited) {
                    items[i].limits.put("k", 40);
                }
            }
            assertThat(client.enqueue(items)).containsOnly(RejectReason.OK);
            done += items.length;
        }
    }

    /** Leases by calls of changing size, each task ended before the next call. */
    private void work(int count) {
        for (int end = grants.size() + count; grants.size() < end; ) {
            List<Task> tasks = client.lease("w", "g", Math.min(1 + grants.size() % 7, end - grants.size()), 0);
            assertThat(tasks).as("always backlogged").isNotEmpty();
            for (Task task : tasks) {
                grants.add(task.tenant());
                client.succeed(task, "");
            }
        }
    }

    /** Checks that in every window each tenant has its share of grants, but for one quantum. */
    private void checkShares(int from, int to, Map<String, Integer> weights) {
        int sum = weights.values().stream().mapToInt(Integer::intValue).sum();
        weights.forEach((tenant, weight) -> {
            int[] before = new int[to - from + 1];
            for (int i = from; i < to; i++) {
                before[i - from + 1] = before[i - from] + (grants.get(i).equals(tenant) ? 1 : 0);
            }
            double share = (double) WINDOW * weight / sum;
            int quantum =
                    weights.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
            for (int start = 0; start + WINDOW < before.length; start++) {
                assertThat((double) before[start + WINDOW] - before[start])
                        .as("grants of %s from %d on", tenant, from + start)
                        .isBetween(share - quantum, share + quantum);
            }
        });
    }

    private void measureOneToThree(boolean limited) {
        tenants.set("three", change().weight(3));
        enqueue("one", 10_000, limited);
        enqueue("three", 24_000, limited);
        work(25_000);
        checkShares(0, 25_000, Map.of("one", 1, "three", 3));
        harness.shard.checkInvariants();
    }

    @Test
    void shouldServeTwoTenantsByTheirWeightsInEveryWindow() {
        measureOneToThree(false);
    }

    @Test
    void shouldServeThemByTheirWeightsWhenTheirJobsHaveLimits() {
        measureOneToThree(true);
    }

    @Test
    void shouldServeByTheNewWeightFromTheNextTurnOn() {
        enqueue("one", 20_000, false);
        enqueue("other", 23_000, false);
        work(12_000);
        checkShares(0, 12_000, Map.of("one", 1, "other", 1));
        tenants.set("other", change().weight(3));
        work(12_000);
        // Behind the turn that was under way.
        checkShares(12_002, 24_000, Map.of("one", 1, "other", 3));
        tenants.set("other", change().weight(1));
        work(11_000);
        checkShares(24_003, 35_000, Map.of("one", 1, "other", 1));
    }

    /** Jain's index: 1 if all have the same, 1/n if one has all. */
    @Test
    void shouldServeAThousandEqualTenantsAlike() {
        Item[] items = new Item[BATCH];
        for (int round = 0; round < 30; round++) {
            for (int tenant = 0; tenant < items.length; tenant++) {
                items[tenant] = new Item("r" + round);
                items[tenant].tenant = "t" + tenant;
                items[tenant].payload = new byte[0];
            }
            assertThat(client.enqueue(items)).containsOnly(RejectReason.OK);
        }
        work(WINDOW + 500);
        Map<String, Integer> counts = new HashMap<>();
        grants.subList(250, 250 + WINDOW).forEach(tenant -> counts.merge(tenant, 1, Integer::sum));
        double sum = WINDOW;
        double squares =
                counts.values().stream().mapToDouble(n -> (double) n * n).sum();
        assertThat(sum * sum / (BATCH * squares)).isGreaterThan(0.99);
    }

    @Test
    void shouldDelayASingleJobByNoMoreThanOneRoundOfAHugeBacklog() {
        tenants.set("huge", change().weight(5));
        enqueue("huge", 100_000, false);
        work(123);
        for (int i = 0; i < 20; i++) {
            enqueue("small", 1, false);
            int before = grants.size();
            work(1 + 5);
            assertThat(grants.subList(before, grants.size())).as("of one round").contains("small");
            work(i);
        }
    }

    /** A cap takes a tenant out of its turn, and gives it no more than its turn when it comes back. */
    @Test
    void shouldGiveATenantAtItsCapNoMoreThanItsShare() {
        tenants.set("capped", change().runningMax(2).weight(3));
        enqueue("capped", 10_000, false);
        enqueue("free", 10_000, false);
        work(12_000);
        long capped = grants.stream().filter("capped"::equals).count();
        assertThat(capped).isLessThanOrEqualTo(12_000L * 3 / 4 + 3);
        assertThat(capped).as("it gets what its cap lets it have").isGreaterThan(12_000L / 4);
        harness.shard.checkInvariants();
    }
}
