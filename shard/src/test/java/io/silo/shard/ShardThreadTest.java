package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.FaultPlan;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Xxh64;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Four shards on one thread: whose replies wait for which sync, and that the failure of one is its own. */
class ShardThreadTest {
    private static final int SHARDS = 4;

    /** Seen at each sync: the shard, and the replies that had left by then. */
    private record Sync(int shard, List<Long> repliesBefore) {}

    private final List<Sync> syncs = new ArrayList<>();
    private final boolean[] failing = new boolean[SHARDS];
    private final ShardHarness harness =
            new ShardHarness(1, settings(), 64 * 1024 * 1024, h -> h.faults = shard -> plan(h, shard));
    private final TestClient client = new TestClient(harness, 1);

    private static List<ShardSettings> settings() {
        List<ShardSettings> all = new ArrayList<>();
        for (int i = 0; i < SHARDS; i++) {
            all.add(new ShardSettings(
                    i,
                    ShardSettings.DEFAULT_LEASE_MS,
                    ShardSettings.DEFAULT_CRASH_LOOP_MAX,
                    Bounds.PAYLOAD_BYTES_MAX,
                    Long.MAX_VALUE,
                    ShardSettings.Tenancy.OPTIONAL,
                    (long) i << 62,
                    ((i + 1L) << 62) - 1));
        }
        return all;
    }

    private FaultPlan plan(ShardHarness of, int shard) {
        return site -> {
            if (site.equals("log.sync")) {
                syncs.add(new Sync(
                        shard, of.replies.stream().map(TestClient::correlation).toList()));
                if (failing[shard]) {
                    throw new IllegalStateException("the disk failed");
                }
            }
        };
    }

    /** A tenant whose hash lies in the shard's range. */
    private static String tenantOf(int shard) {
        for (int i = 0; ; i++) {
            String name = "t" + i;
            UnsafeBuffer bytes = new UnsafeBuffer(name.getBytes(UTF_8));
            if (Xxh64.hash(bytes, 0, bytes.capacity()) >>> 62 == shard) {
                return name;
            }
        }
    }

    private Item item(int shard, String id) {
        Item item = new Item(id);
        item.tenant = tenantOf(shard);
        return item;
    }

    private List<Integer> codes(long correlation) {
        return client.reply(correlation, reply -> TestClient.enqueueCodes(reply, 1));
    }

    private long send(int shard, Durability durability, Item... items) {
        client.shard = shard;
        client.tenant = tenantOf(shard);
        client.durability = durability;
        return client.sendEnqueue(items);
    }

    @Test
    void shouldSendADurableReplyBehindTheSyncAndAnAppendedOneBeforeIt() {
        long durable = send(0, Durability.DURABLE, item(0, "a"));
        long appended = send(0, Durability.APPENDED, item(0, "b"));
        syncs.clear();
        harness.agent.doWork();
        assertThat(syncs).hasSize(1);
        assertThat(syncs.get(0).repliesBefore()).containsExactly(appended);
        assertThat(levelOf(appended)).isEqualTo(io.silo.protocol.reply.Durability.APPENDED);
        assertThat(levelOf(durable)).isEqualTo(io.silo.protocol.reply.Durability.DURABLE);
    }

    @Test
    void shouldNotSyncForAppendedRepliesAlone() {
        long appended = send(0, Durability.APPENDED, item(0, "b"));
        syncs.clear();
        harness.agent.doWork();
        assertThat(client.hasReply(appended)).isTrue();
        assertThat(syncs).isEmpty();
        assertThat(harness.log.durablePosition()).isLessThan(harness.log.appendedPosition());
    }

    private io.silo.protocol.reply.Durability levelOf(long correlation) {
        return client.reply(correlation, TestClient::header).durability();
    }

    @Test
    void shouldSyncAllDirtyShardsInOneCycleAndOnlyThose() {
        long first = send(0, Durability.DURABLE, item(0, "a"));
        long second = send(2, Durability.DURABLE, item(2, "a"));
        long third = send(3, Durability.DURABLE, item(3, "a"));
        syncs.clear();
        harness.agent.doWork();
        assertThat(syncs).extracting(Sync::shard).containsExactlyInAnyOrder(0, 2, 3);
        assertThat(syncs).allSatisfy(sync -> assertThat(sync.repliesBefore()).isEmpty());
        for (long correlation : List.of(first, second, third)) {
            assertThat(codes(correlation)).containsExactly(OK);
        }
    }

    /** TEN-3, TEN-6, ERR-11. */
    @Test
    void shouldRefuseTenantsOfAnotherShardAndShardsOfAnotherThread() {
        client.shard = 1;
        assertThat(client.enqueue(item(2, "a"))).containsExactly(RejectReason.TENANT_NOT_IN_SHARD.code());
        client.shard = 4;
        assertThat(client.enqueue(item(1, "a"))).containsExactly(RejectReason.NOT_OWNER.code());
    }

    /** ORD-8, LEASE-2, LEASE-3: one subscription takes from all shards, and no more than asked for. */
    @Test
    void shouldPoolTheCreditsOfASubscriptionOverTheShards() {
        for (int shard = 0; shard < SHARDS; shard++) {
            client.shard = shard;
            assertThat(client.enqueue(item(shard, "a"), item(shard, "b"))).containsExactly(OK, OK);
        }
        client.tenant = "";
        assertThat(client.subscribe(1, "w", "g", 5)).isEqualTo(OK);
        List<Task> tasks = client.pushed();
        assertThat(tasks).hasSize(5);
        Task first = tasks.get(0);
        for (int shard = 0; shard < SHARDS; shard++) {
            if (first.tenant().equals(tenantOf(shard))) {
                client.shard = shard;
            }
        }
        assertThat(client.report(first, Outcome.SUCCEEDED, "", new byte[0], 0, 3))
                .isEqualTo(OK);
        assertThat(client.pushed()).hasSize(3);
    }

    /** The first shard's disk fails with durable replies parked; the others neither wait for it nor lose anything. */
    @Test
    void shouldCloseOnlyTheShardWhoseSyncFails() {
        failing[0] = true;
        long doomed = send(0, Durability.DURABLE, item(0, "doomed"));
        long other = send(1, Durability.DURABLE, item(1, "fine"));
        harness.runAll();
        assertThat(harness.failures).hasSize(1);
        assertThat(client.hasReply(doomed)).isFalse();
        assertThat(codes(other)).containsExactly(OK);
        failing[0] = false;
        long late = send(0, Durability.APPENDED, item(0, "late"));
        long next = send(1, Durability.DURABLE, item(1, "next"));
        harness.runAll();
        assertThat(client.reply(late, TestClient::code)).isEqualTo(RejectReason.SHARD_CLOSED.code());
        assertThat(codes(next)).containsExactly(OK);
        assertThat(client.hasReply(doomed)).isFalse();
        assertThat(harness.failures).hasSize(1);
    }

    /** ENQ-16. */
    @Test
    void shouldRefuseWhoWaitsForAShardThatFails() {
        client.shard = 0;
        client.tenant = tenantOf(0);
        assertThat(client.enqueue(item(0, "a"), item(0, "ended"))).containsExactly(OK, OK);
        Task task = client.lease("w", 1).get(0);
        client.succeed(task, "r");
        assertThat(client.get(task.id()).status()).isEqualTo("SUCCEEDED");
        long waiting = client.sendGetResult("ended", 60_000);
        harness.holdReads = true;
        long reading = client.sendGet(task.id());
        harness.run();
        assertThat(client.hasReply(waiting) || client.hasReply(reading)).isFalse();
        failing[0] = true;
        client.sendEnqueue(item(0, "doomed"));
        harness.runAll();
        harness.releaseReads();
        harness.runAll();
        assertThat(client.reply(waiting, TestClient::code)).isEqualTo(RejectReason.SHARD_CLOSED.code());
        assertThat(client.reply(reading, TestClient::code)).isEqualTo(RejectReason.SHARD_CLOSED.code());
        harness.close();
        assertThat(harness.failures).hasSize(1);
    }

    /** After a failed sync and a loss of power only what was acknowledged is promised, and all of that. */
    @Test
    void shouldFindWhatWasAcknowledgedAfterAFailedSyncAndAPowerLoss() {
        client.shard = 0;
        client.tenant = tenantOf(0);
        assertThat(client.enqueue(item(0, "kept"))).containsExactly(OK);
        failing[0] = true;
        long doomed = client.sendEnqueue(item(0, "doomed"));
        harness.runAll();
        assertThat(client.hasReply(doomed)).isFalse();
        failing[0] = false;
        harness.loseUnsynced(new java.util.SplittableRandom(3));
        assertThat(client.get("kept").status()).isEqualTo("SCHEDULED");
    }

    /** LEASE-16. A shard that fails with its ring of replies full takes no room from the others of its thread. */
    @Test
    void shouldNotHoldUpOtherShardsWithTheRepliesOfAFailedOne() {
        client.durability = Durability.APPENDED;
        client.shard = 0;
        byte[] payload = new byte[Bounds.INLINE_BYTES_MAX];
        int jobs = 140;
        for (int i = 0; i < jobs; i++) {
            Item item = item(0, "big" + i);
            item.payload = payload;
            assertThat(client.enqueue(item)).containsExactly(OK);
        }
        failing[0] = true;
        client.durability = Durability.DURABLE;
        client.tenant = "";
        for (int i = 0; i < jobs; i++) {
            client.sendLease("w", "g", 1, 0, 0);
        }
        harness.agent.doWork();
        assertThat(harness.failures).hasSize(1);
        assertThat(harness.shard.hasRoomForReply()).isTrue();
        harness.replies.clear();
        long next = send(1, Durability.DURABLE, item(1, "fine"));
        harness.runAll();
        assertThat(codes(next)).containsExactly(OK);
    }

    /** Reads and refusals that speak of a record leave no earlier than it is durable. */
    @Test
    void shouldLetAReadWaitForTheLastChangeOfWhatItTouched() {
        client.shard = 0;
        Item item = item(0, "a");
        item.requestId = 7;
        send(0, Durability.APPENDED, item);
        harness.agent.doWork();
        Item same = item(0, "a");
        same.requestId = 7;
        client.durability = Durability.DURABLE;
        assertWaitsForSync(() -> client.sendEnqueue(same));
        appendAnother("x1");
        Item other = item(0, "x1");
        assertWaitsForSync(() -> client.sendEnqueue(other));
        appendAnother("x2");
        assertWaitsForSync(() -> client.sendGet("x2"));
        appendAnother("x3");
        assertWaitsForSync(() -> client.sendGetResult("x3", 0));
        client.durability = Durability.APPENDED;
        Task task = client.lease("w", 1).get(0);
        assertThat(client.succeed(task, "r")).isEqualTo(OK);
        client.durability = Durability.DURABLE;
        assertThat(harness.log.durablePosition()).isLessThan(harness.log.appendedPosition());
        assertWaitsForSync(() -> client.sendReport(task, Outcome.SUCCEEDED, "", "r".getBytes(UTF_8), 0, 0));
        appendAnother("x4");
        client.durability = Durability.APPENDED;
        Task returned = client.lease("w", 1).get(0);
        assertThat(client.giveBack("w", returned)).isEqualTo(OK);
        client.durability = Durability.DURABLE;
        assertWaitsForSync(() -> client.sendReport(returned, Outcome.SUCCEEDED, "", new byte[0], 0, 0));
    }

    private void appendAnother(String id) {
        long sent = send(0, Durability.APPENDED, item(0, id));
        harness.agent.doWork();
        assertThat(client.hasReply(sent)).isTrue();
        assertThat(harness.log.durablePosition()).isLessThan(harness.log.appendedPosition());
        client.durability = Durability.DURABLE;
    }

    private void assertWaitsForSync(java.util.function.LongSupplier sending) {
        long correlation = sending.getAsLong();
        long touched = harness.log.appendedPosition();
        syncs.clear();
        // A read may take a cycle to come back.
        for (int i = 0; i < 3 && !client.hasReply(correlation); i++) {
            harness.agent.doWork();
        }
        assertThat(syncs).hasSize(1);
        assertThat(syncs.get(0).repliesBefore()).doesNotContain(correlation);
        ReplyHeaderDecoder header = client.reply(correlation, TestClient::header);
        assertThat(header.position()).isEqualTo(touched);
        assertThat(header.durability()).isEqualTo(io.silo.protocol.reply.Durability.DURABLE);
        assertThat(harness.log.durablePosition()).isGreaterThanOrEqualTo(touched);
    }
}
