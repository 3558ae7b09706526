package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.shard.TestClient.Item;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** At most one job of a tenant that has not ended holds a unique key. */
class UniqueKeyTest {
    private static final int HELD = RejectReason.UNIQUE_KEY_HELD.code();

    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestVerbs verbs = new TestVerbs(client);

    private static Item item(String id, String tenant, String key) {
        Item item = new Item(id);
        item.tenant = tenant;
        item.uniqueKey = key;
        return item;
    }

    private int enqueue(String id, String key) {
        return client.enqueue(item(id, "", key)).get(0);
    }

    /** Ids of the holders, as the reply names them. */
    private List<String> holders(Item... items) {
        long correlation = client.sendEnqueue(items);
        harness.run();
        return client.reply(correlation, r -> {
            var decoder = new EnqueueReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            List<String> holders = new ArrayList<>();
            decoder.results().forEach(result -> holders.add(result.code() + ":"));
            decoder.held().forEach(held -> holders.set(held.item(), holders.get(held.item()) + held.jobId()));
            return holders;
        });
    }

    @Test
    void shouldNameTheJobThatHoldsTheKey() {
        assertThat(holders(item("a", "", "k"), item("b", "", "k"), item("c", "", "l"), item("d", "t", "k")))
                .containsExactly("0:", HELD + ":a", "0:", "0:");
    }

    @Test
    void shouldFreeTheKeyWhenTheJobEnds() {
        enqueue("a", "k");
        TestClient.Task task = client.lease("w", 1).get(0);
        assertThat(enqueue("b", "k")).as("while it runs").isEqualTo(HELD);
        client.succeed(task, "r");
        assertThat(enqueue("b", "k")).isZero();
        verbs.cancel("b");
        assertThat(enqueue("c", "k")).as("after a cancel").isZero();
        harness.shard.checkInvariants();
    }

    /** The same request again is no second job, and another one of the same id is told so first. */
    @Test
    void shouldJudgeTheIdBeforeTheKey() {
        Item first = item("a", "", "k");
        first.requestId = 5;
        assertThat(client.enqueue(first)).containsExactly(RejectReason.OK);
        assertThat(client.enqueue(first)).containsExactly(RejectReason.OK);
        assertThat(enqueue("a", "k")).isEqualTo(RejectReason.JOB_EXISTS.code());
    }

    @Test
    void shouldNotRestartOrReimportIntoAKeyThatIsHeld() {
        assertThat(verbs.importJob(item("a", "", "k"), TestVerbs.Ended.failed(1, "E")))
                .isEqualTo("FAILED");
        enqueue("b", "k");

        assertThat(verbs.restart("a")).isEqualTo("UNIQUE_KEY_HELD");
        Item retried = item("a", "", "k");
        retried.retryCount = 9;
        TestVerbs.Ended[] two = {TestVerbs.Ended.failed(1, "E"), TestVerbs.Ended.failed(2, "F")};
        assertThat(verbs.importJob(retried, two)).isEqualTo("UNIQUE_KEY_HELD");
        assertThat(verbs.importJob(item("c", "", "k"))).isEqualTo("UNIQUE_KEY_HELD");
        assertThat(verbs.importJob(item("a", "", "k"), two))
                .as("it stays ended")
                .isEqualTo("FAILED");

        verbs.cancel("b");
        assertThat(verbs.restart("a")).isEqualTo("OK");
        assertThat(enqueue("d", "k")).isEqualTo(HELD);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldHoldKeysAfterARestart() {
        enqueue("a", "k");
        enqueue("b", "l");
        verbs.cancel("b");
        harness.kill();
        TestClient after = new TestClient(harness, 2);
        assertThat(after.enqueue(item("c", "", "k"), item("d", "", "l"))).containsExactly(HELD, RejectReason.OK);
    }

    /** The longest ids of a full batch do not fit the reply: the last are told without a name. */
    @Test
    void shouldLeaveOutIdsThatDoNotFit() {
        String id = "x".repeat(250);
        List<Item> holders = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            holders.add(item("h" + i, "", "key" + i));
            items.add(item("i" + i, "", "key" + i));
        }
        for (int i = 0; i < 600; i += 200) {
            Item[] part = holders.subList(i, i + 200).toArray(new Item[0]);
            for (Item holder : part) {
                holder.id = id + holder.id;
            }
            client.enqueue(part);
        }
        List<String> answers = holders(items.toArray(new Item[0]));
        assertThat(answers).hasSize(600).allMatch(answer -> answer.startsWith(HELD + ":"));
        assertThat(answers.get(0)).endsWith("h0");
        assertThat(answers.get(599)).isEqualTo(HELD + ":");
    }
}
