package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.FaultPlan;
import io.silo.protocol.RejectReason;
import io.silo.shard.ShardHarness.Ahead;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;

/** A deep backlog out of the log's memory: its tasks are read ahead of the grants, and nothing depends on it. */
class ReadAheadTest {
    /** What one look sees. */
    private static final int LOOK = 1_024;

    private boolean failsSyncs;
    private int readsOnTheShardThread;
    private final ShardHarness harness = new ShardHarness(1, List.of(ShardSettings.whole(0)), 512 * 1024, h -> {
        h.faults = shard -> plan();
        h.cleans = false;
    });
    private TestClient client = new TestClient(harness, 1);

    private FaultPlan plan() {
        return site -> {
            readsOnTheShardThread += site.equals("log.read") ? 1 : 0;
            if (failsSyncs && site.equals("log.sync")) {
                throw new IllegalStateException("the disk failed");
            }
        };
    }

    /** Enqueues jobs of one group, and restarts, so that nothing is among the log's recent records. */
    private void backlog(int jobs, int payloadBytes, String group) {
        for (int i = 0; i < jobs; i++) {
            client.sendEnqueue(item(i, payloadBytes, group));
            if (i % 256 == 255) {
                harness.run();
            }
        }
        harness.run();
    }

    private static Item item(int number, int payloadBytes, String group) {
        Item item = new Item(group + number);
        item.taskGroup = group;
        item.payload = new byte[payloadBytes];
        item.payload[0] = (byte) ('0' + number % 10);
        return item;
    }

    private void restart() {
        harness.take();
        harness.kill();
        client = new TestClient(harness, 1);
        readsOnTheShardThread = 0;
    }

    private long figure(Figure figure) {
        return harness.shard.counters().get(figure);
    }

    private Ahead placeOf(String id) {
        var jobs = harness.shard.view().jobs();
        var name = new ExpandableArrayBuffer();
        int idLength = name.putStringWithoutLengthAscii(0, id);
        name.putByte(idLength, (byte) '-');
        int slot = jobs.find(name, idLength, 1, name, 0, idLength);
        return new Ahead(0, jobs.definitionPosition(slot), jobs.definitionOffset(slot), jobs.definitionLength(slot));
    }

    private List<Ahead> placesOf(String group, int from, int to) {
        List<Ahead> places = new ArrayList<>();
        for (int i = from; i < to; i++) {
            places.add(placeOf(group + i));
        }
        return places;
    }

    @Test
    void shouldReadEveryTaskOfADeepBacklogAheadInOrderAndOnce() {
        int jobs = 4 * LOOK;
        backlog(jobs, 100, "g");
        restart();
        assertThat(client.lease("w", 3)).hasSize(3);
        assertThat(figure(Figure.GRANTS_COLD)).isEqualTo(3);
        assertThat(harness.ahead).isEqualTo(placesOf("g", 3, 3 + LOOK));
        int granted = 3;
        while (granted < jobs) {
            int before = granted;
            int ahead = harness.ahead.size();
            List<Task> tasks = client.lease("w", 50);
            granted += tasks.size();
            assertThat(tasks).isNotEmpty();
            assertThat(tasks.get(0).id()).isEqualTo("g" + before);
            assertThat(3 + ahead).as("asked for before it was granted").isGreaterThanOrEqualTo(granted);
            assertThat(3 + harness.ahead.size() - granted)
                    .as("ahead")
                    .isBetween(Math.min(LOOK / 2 - 50, jobs - granted), LOOK);
        }
        assertThat(harness.ahead).isEqualTo(placesOf("g", 3, jobs));
        assertThat(figure(Figure.GRANTS_COLD)).isEqualTo(3);
        assertThat(figure(Figure.READS_AHEAD)).isEqualTo(jobs - 3);
        assertThat(readsOnTheShardThread).isEqualTo(jobs);
    }

    @Test
    void shouldReadAheadOfPushes() {
        backlog(600, 100, "g");
        restart();
        assertThat(client.subscribe(1, "w", "g", 5)).isEqualTo(RejectReason.OK);
        assertThat(client.pushed()).hasSize(5);
        assertThat(harness.ahead).isEqualTo(placesOf("g", 5, 600));
        assertThat(client.subscribe(1, "w", "g", 595)).isEqualTo(RejectReason.OK);
        assertThat(client.pushed()).hasSize(595);
        assertThat(figure(Figure.GRANTS_COLD)).isEqualTo(5);
        assertThat(harness.ahead).hasSize(595);
    }

    /** What came out of order lies in a heap, and tenants take turns: each gives its share of a look. */
    @Test
    void shouldReadAheadWhatComesNextOfManyTenantsAndOutOfOrder() {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 3 * LOOK; i++) {
            Item item = item(i, 10, "g");
            item.tenant = "t" + i % 3;
            item.startAtMs = 1_000 + (i * 7_919L) % (3 * LOOK);
            items.add(item);
            client.sendEnqueue(item);
        }
        harness.run();
        restart();
        assertThat(client.lease("w", 3)).hasSize(3);
        assertThat(harness.ahead).hasSize(LOOK).doesNotHaveDuplicates();
        Map<String, List<Item>> byTenant = new TreeMap<>();
        items.sort(Comparator.comparingLong(item -> item.startAtMs));
        items.forEach(item -> byTenant.computeIfAbsent(item.tenant, tenant -> new ArrayList<>())
                .add(item));
        int granted = 3;
        while (granted < LOOK) {
            for (Task task : client.lease("w", 50)) {
                granted++;
                List<Item> own = Objects.requireNonNull(byTenant.get(task.tenant()));
                own.remove(0);
            }
        }
        assertThat(byTenant.values()).allSatisfy(left -> assertThat(left.size()).isBetween(LOOK / 2, LOOK));
        assertThat(figure(Figure.GRANTS_COLD)).isEqualTo(3);
    }

    @Test
    void shouldReadAheadOneTenantsTasksForACallThatNamesIt() {
        for (int i = 0; i < 200; i++) {
            Item item = item(i, 10, "g");
            item.tenant = i % 2 == 0 ? "even" : "odd";
            client.sendEnqueue(item);
        }
        harness.run();
        restart();
        client.tenant = "odd";
        assertThat(client.lease("w", 1)).hasSize(1);
        assertThat(harness.ahead).hasSize(99);
        assertThat(client.lease("w", 100)).hasSize(99);
        assertThat(figure(Figure.GRANTS_COLD)).isEqualTo(1);
    }

    @Test
    void shouldNotReadAheadFurtherThanItsBounds() {
        backlog(200, 60_000, "large");
        backlog(300, 10, "small");
        restart();
        harness.holdAhead = true;
        assertThat(client.lease("w", "large", 1, 0)).hasSize(1);
        long bytes = harness.ahead.stream().mapToLong(Ahead::length).sum();
        assertThat(bytes).isBetween((8L << 20) - 61_000, 8L << 20);
        harness.aheadMax = harness.ahead.size() + 10;
        assertThat(client.lease("w", "small", 20, 0)).hasSize(20);
        assertThat(harness.ahead).hasSize(harness.aheadMax);
        assertThat(client.lease("w", "small", 15, 0)).hasSize(15);
        assertThat(harness.ahead).hasSize(harness.aheadMax);
        assertThat(figure(Figure.GRANTS_COLD)).as("nothing was read ahead yet").isEqualTo(36);
        harness.releaseAhead();
        harness.aheadMax = ColdReads.READS_AHEAD_MAX;
        assertThat(client.lease("w", "small", 1, 0)).hasSize(1);
        assertThat(client.lease("w", "small", 264, 0)).hasSize(264);
        assertThat(figure(Figure.GRANTS_COLD)).isEqualTo(37);
        assertThat(new HashSet<>(harness.ahead)).hasSize(harness.ahead.size());
    }

    /** More than is remembered at once: forgotten and asked for again, which costs a few cold grants and no more. */
    @Test
    void shouldServeManyGroupsInTurn() {
        int groups = 8;
        for (int group = 0; group < groups; group++) {
            backlog(500, 10, "g" + group + "-");
        }
        restart();
        for (int i = 0; i < 500; i += 20) {
            for (int group = 0; group < groups; group++) {
                assertThat(client.lease("w" + group, "g" + group + "-", 20, 0)).hasSize(20);
            }
        }
        assertThat(new HashSet<>(harness.ahead)).hasSize(groups * 480);
        assertThat(harness.ahead.size()).isBetween(groups * 480 + 1, 3 * groups * 480);
        assertThat(figure(Figure.GRANTS_COLD)).isBetween(groups * 20L + 1, groups * 500L / 4);
    }

    @Test
    void shouldAskForNothingWhileAllIsRecent() {
        backlog(100, 10, "g");
        assertThat(client.lease("w", 50)).hasSize(50);
        assertThat(client.lease("w", 50)).hasSize(50);
        assertThat(harness.ahead).isEmpty();
        assertThat(figure(Figure.GRANTS_COLD)).isZero();
        assertThat(readsOnTheShardThread).isZero();
    }

    @Test
    void shouldGrantRightlyWhenTheRecordsWereCarriedAndTrimmedMeanwhile() {
        backlog(700, 1_000, "g");
        restart();
        harness.holdAhead = true;
        assertThat(client.lease("w", 1)).hasSize(1);
        assertThat(harness.ahead).hasSize(699);
        long until = harness.log.appendedPosition();
        for (int i = 0; harness.log.firstPosition() <= until; i++) {
            assertThat(client.enqueue(item(i, 60_000, "filler"))).containsExactly(RejectReason.OK);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        harness.releaseAhead();
        int granted = 1;
        while (granted < 700) {
            for (Task task : client.lease("w", 100)) {
                assertThat(task.id()).isEqualTo("g" + granted);
                assertThat(task.payload()).hasSize(1_000).startsWith(String.valueOf(granted % 10));
                granted++;
            }
        }
        harness.shard.checkInvariants();
        assertThat(harness.failures).isEmpty();
    }

    @Test
    void shouldEndWithTheShardThatFails() {
        backlog(300, 100, "g");
        restart();
        harness.holdAhead = true;
        assertThat(client.lease("w", 1)).hasSize(1);
        int asked = harness.ahead.size();
        failsSyncs = true;
        client.sendLease("w", "g", 10, 0, 0);
        harness.runAll();
        assertThat(harness.failures).hasSize(1);
        client.sendLease("w", "g", 10, 0, 0);
        harness.runAll();
        assertThat(harness.ahead).hasSize(asked);
    }
}
