package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A job's attempts, payload and results as they are read back: from events, from images, and from a log that moves underneath. */
class HistoryTest {
    private final ShardHarness harness = new ShardHarness(1, ShardSettings.whole(0), 192 * 1024);
    private final TestClient client = new TestClient(harness, 1);
    private int fillers;

    private Item item(String id, int retries) {
        Item item = new Item(id);
        item.retryCount = retries;
        item.retryInitialMs = 0;
        return item;
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Fills cycles, and carries until what was written before is known by images only. */
    private void carryEverything() {
        long until = harness.log.appendedPosition();
        while (harness.log.firstPosition() <= until) {
            Item filler = new Item("filler" + fillers++);
            filler.taskGroup = "filler";
            filler.payload = new byte[60_000];
            assertThat(client.enqueue(filler)).containsExactly(OK);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
    }

    private void assertSameAfterCarryAndRestart(String... ids) {
        List<TestClient.Job> before = new ArrayList<>();
        for (String id : ids) {
            before.add(client.get(id));
        }
        carryEverything();
        for (int i = 0; i < ids.length; i++) {
            assertThat(client.get(ids[i])).isEqualTo(before.get(i));
        }
        carryEverything();
        harness.kill();
        harness.shard.checkInvariants();
        for (int i = 0; i < ids.length; i++) {
            assertThat(client.get(ids[i])).isEqualTo(before.get(i));
        }
    }

    @Test
    void shouldTellAttemptsThroughRetriesReturnsAndImages() {
        client.enqueue(item("a", 3));
        client.fail(client.lease("w1", 1).get(0), "E1");
        client.giveBack("w2", client.lease("w2", 1).get(0));
        client.giveBack("w3", client.lease("w3", 1).get(0));
        client.fail(client.lease("w4", 1).get(0), "E2");
        carryEverything();
        client.giveBack("w5", client.lease("w5", 1).get(0));
        Task running = client.lease("w6", 1).get(0);
        assertThat(client.get("a").attempts()).containsExactly("1:1:w1:E1", "2:1:w4:E2", "3:255:w6:");
        carryEverything();
        assertThat(client.get("a").attempts()).containsExactly("1:1:w1:E1", "2:1:w4:E2", "3:255:w6:");
        client.heartbeat("w6");
        client.giveBack("w6", running);
        assertThat(client.get("a").attempts()).containsExactly("1:1:w1:E1", "2:1:w4:E2");
        client.succeed(client.lease("w7", 1).get(0), "done");
        assertThat(client.get("a").attempts()).containsExactly("1:1:w1:E1", "2:1:w4:E2", "3:0:w7:");
        assertSameAfterCarryAndRestart("a");
        assertThat(client.get("a").result()).isEqualTo("done");
    }

    @Test
    void shouldKeepTheNewestHundredAttempts() {
        client.enqueue(item("a", 200));
        for (int i = 1; i <= 60; i++) {
            client.fail(client.lease("w", 1).get(0), "E" + i);
        }
        carryEverything();
        for (int i = 61; i <= 130; i++) {
            client.fail(client.lease("w", 1).get(0), "E" + i);
        }
        assertThat(client.get("a").attempts())
                .hasSize(100)
                .startsWith("31:1:w:E31")
                .endsWith("130:1:w:E130");
        assertSameAfterCarryAndRestart("a");
    }

    /** Results of many attempts are more than an image holds: the older ones are carried as chunks. */
    @Test
    void shouldCarryMoreResultsThanAnImageHolds() {
        client.enqueue(item("a", 20));
        byte[] last = new byte[0];
        for (int i = 1; i <= 12; i++) {
            last = bytes(i, 60_000);
            Task task = client.lease("w", 1).get(0);
            assertThat(client.report(task, Outcome.FAILED, "E" + i, last, 0, 0)).isEqualTo(OK);
        }
        long key = harness.shard.view().jobs().jobKey(0);
        assertThat(client.get("a").attempts()).hasSize(12);
        assertThat(client.download(key, "a", true, last.length, 32_768)).isEqualTo(last);
        carryEverything();
        carryEverything();
        assertThat(client.download(key, "a", true, last.length, 32_768)).isEqualTo(last);
        harness.kill();
        assertThat(client.get("a").attempts()).hasSize(12);
        assertThat(client.download(key, "a", true, last.length, 32_768)).isEqualTo(last);
        client.heartbeat("w");
        byte[] done = bytes(99, 50_000);
        client.report(client.lease("w", 1).get(0), Outcome.SUCCEEDED, "", done, 0, 0);
        carryEverything();
        assertThat(client.download(key, "a", true, done.length, 10_001)).isEqualTo(done);
    }

    @Test
    void shouldReadPartsOfALargePayloadFromAnyOffsetWhereverItLies() {
        byte[] payload = bytes(5, 700_000);
        assertThat(client.upload(3, payload, 32_768)).isEqualTo(OK);
        Item item = item("a", 0);
        item.payload = new byte[0];
        item.uploadId = 3;
        assertThat(client.enqueue(item)).containsExactly(OK);
        long key = harness.shard.view().jobs().jobKey(0);
        for (int round = 0; round < 3; round++) {
            assertThat(client.download(key, "a", false, payload.length, 32_768)).isEqualTo(payload);
            for (int offset : new int[] {0, 1, 32_767, 32_768, 262_143, 262_144, 699_999}) {
                int count = Math.min(20_000, payload.length - offset);
                assertThat(client.downloadPart(key, "a", false, offset, 20_000))
                        .isEqualTo(Arrays.copyOfRange(payload, offset, offset + count));
            }
            carryEverything();
        }
    }

    /** The cycle that a read was sent to is trimmed before the read comes to it: the job lives on in an image, so it is answered. */
    @Test
    void shouldFollowAJobThatWasCarriedWhileItsReadWaited() {
        client.enqueue(item("a", 0), item("b", 0));
        client.succeed(client.lease("w", 1).get(0), "done");
        harness.holdReads = true;
        long job = client.sendGet("a");
        long result = client.sendGetResult("a", 0);
        long part = client.sendReadBytes(harness.shard.view().jobs().jobKey(0), "a", true, 0, 10);
        long waiting = client.sendGet("b");
        harness.run();
        carryEverything();
        harness.releaseReads();
        harness.run();
        assertThat(client.reply(job, TestClient::job).result()).isEqualTo("done");
        assertThat(client.reply(result, TestClient::result)).isEqualTo("SUCCEEDED::done");
        assertThat(client.reply(part, TestClient::code)).isEqualTo(OK);
        assertThat(client.reply(waiting, TestClient::job).status()).isEqualTo("SCHEDULED");
    }
}
