package io.silo.shard;

import static io.silo.protocol.RejectReason.DISK_FULL;
import static io.silo.protocol.RejectReason.MEMORY_FULL;
import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Too little memory or disk: new work is refused, what is there is brought to an end, nothing is lost. */
class WatermarksTest {
    private static final long LOW_BYTES = 3_000_000;
    private static final long FLOOR_BYTES = 1_000_000;

    private static ShardHarness withMemory(long bytesMax) {
        return new ShardHarness(
                1,
                new ShardSettings(
                        0, 10_000, 5, Bounds.PAYLOAD_BYTES_MAX, bytesMax, ShardSettings.Tenancy.OPTIONAL, 0, -1L),
                512 * 1024);
    }

    @Test
    void shouldRefuseNewWorkAboveTheMemoryWatermarkWhileCompletionsGoOn() {
        long empty = withMemory(Long.MAX_VALUE).shard.view().bytes();
        ShardHarness harness = withMemory(empty + 2_000_000);
        TestClient client = new TestClient(harness, 1);
        int accepted = 0;
        while (client.enqueue("j" + accepted) == OK) {
            assertThat(++accepted).isLessThan(100_000);
        }
        assertThat(accepted).isPositive();
        assertThat(client.enqueue("more")).isEqualTo(MEMORY_FULL.code());
        assertThat(client.uploadPart(1, 10, 0, new byte[10], 10)).isEqualTo(MEMORY_FULL.code());
        assertThat(client.subscribe(1, "w", "g", 10)).isEqualTo(OK);
        List<Task> tasks = client.pushed();
        assertThat(tasks).hasSize(10);
        assertThat(client.heartbeat("w")).isEqualTo(-10);
        assertThat(client.succeed(tasks.get(0), "r")).isEqualTo(OK);
        assertThat(client.fail(tasks.get(1), "E")).isEqualTo(OK);
        assertThat(client.giveBack("w", tasks.get(2))).isEqualTo(OK);
        assertThat(client.lease("w2", 1)).hasSize(1);
        assertThat(client.get("j0").result()).isEqualTo("r");
        harness.shard.checkInvariants();
        harness.kill();
        assertThat(harness.shard.view().jobs().count()).isEqualTo(accepted);
    }

    private static ShardHarness withDisk() {
        return new ShardHarness(1, List.of(ShardSettings.whole(0)), 512 * 1024, h -> {
            h.lowWaterBytes = LOW_BYTES;
            h.floorBytes = FLOOR_BYTES;
        });
    }

    /** Leaves so many bytes free. */
    private static void free(ShardHarness harness, long bytes) {
        long large = 1L << 40;
        harness.disk.capacityBytes(large);
        harness.disk.capacityBytes(large - harness.disk.freeBytes() + bytes);
    }

    @Test
    void shouldRefuseNewWorkBelowTheDiskWatermarkAndAllButReadsAtTheFloor() {
        ShardHarness harness = withDisk();
        TestClient client = new TestClient(harness, 1);
        for (int i = 0; i < 6; i++) {
            assertThat(client.enqueue("j" + i)).isEqualTo(OK);
        }
        List<Task> tasks = client.lease("w", 4);
        free(harness, LOW_BYTES - 1);
        harness.run();
        assertThat(client.enqueue("more")).isEqualTo(DISK_FULL.code());
        assertThat(client.uploadPart(1, 10, 0, new byte[10], 10)).isEqualTo(DISK_FULL.code());
        assertThat(client.succeed(tasks.get(0), "r")).isEqualTo(OK);
        assertThat(client.fail(tasks.get(1), "E")).isEqualTo(OK);
        assertThat(client.giveBack("w", tasks.get(2))).isEqualTo(OK);
        assertThat(client.lease("w", 1)).hasSize(1);
        free(harness, FLOOR_BYTES - 1);
        harness.run();
        long appended = harness.log.appendedPosition();
        assertThat(client.enqueue("more")).isEqualTo(DISK_FULL.code());
        assertThat(client.succeed(tasks.get(3), "r")).isEqualTo(DISK_FULL.code());
        long poll = client.sendLease("w", "g", 1, 0, 0);
        harness.run();
        assertThat(client.reply(poll, TestClient::code)).isEqualTo(DISK_FULL.code());
        assertThat(client.get("j0").result()).isEqualTo("r");
        assertThat(client.heartbeat("w", tasks.get(3))).isEqualTo(OK);
        harness.agent.onSessionClosed(harness.session(9), true);
        harness.advance(60_000);
        harness.run();
        assertThat(harness.log.appendedPosition()).isEqualTo(appended);
        assertThat(client.get(tasks.get(3).id()).status()).isEqualTo("RUNNING");
        // With room again what waited takes its course.
        harness.disk.capacityBytes(Long.MAX_VALUE);
        harness.run();
        assertThat(client.get(tasks.get(3).id()).errorCode()).isEqualTo("WORKER_CRASHED");
        assertThat(client.enqueue("more")).isEqualTo(OK);
        harness.shard.checkInvariants();
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
    }

    /** A session closes with more leases than one record returns, and the disk reaches its floor in between. */
    @Test
    void shouldOutliveAFullDiskInTheMiddleOfReturningASessionsLeases() {
        int[] appends = new int[1];
        ShardHarness[] self = new ShardHarness[1];
        ShardHarness harness = new ShardHarness(1, List.of(ShardSettings.whole(0)), 64 << 20, h -> {
            h.lowWaterBytes = LOW_BYTES;
            h.floorBytes = FLOOR_BYTES;
            self[0] = h;
            h.faults = shard -> site -> {
                if (site.equals("log.append") && appends[0] > 0 && --appends[0] == 0) {
                    free(self[0], FLOOR_BYTES - 1);
                }
            };
        });
        TestClient client = new TestClient(harness, 1);
        TestClient leaver = new TestClient(harness, 2);
        int count = 3_000;
        for (int i = 0; i < count; i += 1_000) {
            Item[] items = new Item[1_000];
            for (int k = 0; k < items.length; k++) {
                items[k] = new Item("j" + (i + k));
            }
            assertThat(client.enqueue(items)).containsOnly(OK);
        }
        while (!leaver.lease("w", 1_000).isEmpty()) {
            // Until all are leased.
        }
        assertThat(harness.shard.view().leases().count()).isEqualTo(count);
        appends[0] = 1;
        harness.agent.onSessionClosed(leaver.session, true);
        harness.run();
        int left = harness.shard.view().leases().count();
        assertThat(left).isBetween(1, count - 1);
        harness.shard.checkInvariants();
        harness.disk.capacityBytes(Long.MAX_VALUE);
        harness.advance(10_000);
        harness.run();
        assertThat(harness.shard.view().leases().count()).isZero();
        harness.shard.checkInvariants();
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
    }

    /** A group that could use up every duty cycle leaves turns to the others. */
    @Test
    void shouldServeEveryGroupWhileOneIsDeep() {
        ShardHarness harness = new ShardHarness(
                1,
                List.of(ShardSettings.whole(0)),
                64 << 20,
                h -> h.capacity = new io.silo.shard.state.ShardState.Capacity(
                        1 << 16, 1 << 24, 1 << 16, 1 << 10, 1 << 10, 1 << 10));
        TestClient client = new TestClient(harness, 1);
        for (int i = 0; i < 20; i++) {
            Item[] items = new Item[1_000];
            for (int k = 0; k < items.length; k++) {
                items[k] = new Item("j" + i + "-" + k);
                items[k].taskGroup = "deep";
            }
            assertThat(client.enqueue(items)).containsOnly(OK);
        }
        Item few = new Item("few");
        few.taskGroup = "few";
        for (boolean isDeepFirst : new boolean[] {true, false}) {
            few.id = "few" + isDeepFirst;
            client.enqueue(few);
            client.sendSubscribe(isDeepFirst ? 1 : 2, "w", isDeepFirst ? "deep" : "few", 9_000);
            client.sendSubscribe(isDeepFirst ? 2 : 1, "w", isDeepFirst ? "few" : "deep", 9_000);
            harness.agent.doWork();
            harness.agent.doWork();
            assertThat(client.pushed()).extracting(Task::id).contains(few.id);
            client.unsubscribe(1);
            client.unsubscribe(2);
            harness.take();
        }
    }
}
