package io.silo.shard;

import static io.silo.shard.TestBulks.Where.status;
import static io.silo.shard.state.JobState.CANCELLED;
import static io.silo.shard.state.JobState.FAILED;
import static io.silo.shard.state.JobState.RUNNING;
import static io.silo.shard.state.JobState.SCHEDULED;
import static io.silo.shard.state.JobState.SUCCEEDED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.BulkVerb;
import io.silo.shard.TestBulks.Bulk;
import io.silo.shard.TestBulks.Where;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Many jobs by filter: listed, counted, and changed in slices that survive a crash. */
class BulkTest {
    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);
    private TestVerbs verbs = new TestVerbs(client);
    private TestBulks bulks = new TestBulks(client);

    private void enqueue(String id, String tenant, String group, Map<String, String> metadata) {
        Item item = new Item(id);
        item.tenant = tenant;
        item.taskGroup = group;
        item.metadata = metadata;
        assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
    }

    private void enqueueMany(int count, String prefix) {
        for (int at = 0; at < count; at += 500) {
            Item[] items = new Item[Math.min(500, count - at)];
            for (int i = 0; i < items.length; i++) {
                items[i] = new Item(prefix + (at + i));
                items[i].taskGroup = "many";
            }
            assertThat(client.enqueue(items)).containsOnly(RejectReason.OK);
        }
    }

    private void reconnect(long session) {
        client = new TestClient(harness, session);
        verbs = new TestVerbs(client);
        bulks = new TestBulks(client);
    }

    /** One job in each status. */
    private void enqueueOneOfEach() {
        for (String id : List.of("succeeded", "failed", "cancelled", "running", "waiting")) {
            client.enqueue(id);
        }
        client.succeed(verbs.lease("succeeded", "w", 0), "r");
        client.fail(verbs.lease("failed", "w", 0), "E");
        verbs.cancel("cancelled");
        verbs.lease("running", "w", 0);
        Item future = new Item("future");
        future.startAtMs = harness.wallMs + 100_000;
        client.enqueue(future);
    }

    private String statusOf(String id) {
        TestClient.Job job = client.get(id);
        return job.code() == RejectReason.OK ? job.status() : "gone";
    }

    @Test
    void shouldDoEachVerbToWhatMatchesAndCountTheRest() {
        enqueueOneOfEach();
        Where all = status(JobState.values());
        assertThat(bulks.change(BulkVerb.EXPEDITE, all))
                .extracting(Bulk::changed, Bulk::skipped)
                .containsExactly(1L, 5L);
        assertThat(client.lease("w", 10)).extracting(Task::id).containsExactly("waiting", "future");
        assertThat(bulks.change(BulkVerb.RESTART, status(FAILED, SUCCEEDED)))
                .extracting(Bulk::finished, Bulk::changed, Bulk::skipped)
                .containsExactly(true, 1L, 1L);
        assertThat(statusOf("failed")).isEqualTo("SCHEDULED");
        assertThat(statusOf("cancelled")).isEqualTo("CANCELLED");
        assertThat(bulks.change(BulkVerb.CANCEL, all))
                .extracting(Bulk::changed, Bulk::skipped)
                .containsExactly(4L, 2L);
        assertThat(statusOf("failed")).isEqualTo("CANCELLED");
        assertThat(statusOf("running")).as("its worker is asked").isEqualTo("RUNNING");
        assertThat(bulks.change(BulkVerb.DELETE, all))
                .extracting(Bulk::changed, Bulk::skipped)
                .containsExactly(3L, 3L);
        assertThat(statusOf("succeeded")).isEqualTo("gone");
        assertThat(bulks.counts("").values()).containsExactly(0L, 3L, 0L, 0L, 0L);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldMatchTenantGroupStatusAgeAndMetadataTogether() {
        Map<String, String> blue = Map.of("colour", "blue", "size", "1");
        enqueue("a", "one", "g1", blue);
        enqueue("b", "one", "g2", Map.of("colour", "red"));
        enqueue("c", "two", "g1", blue);
        harness.advance(5_000);
        enqueue("d", "one", "g1", Map.of());
        assertThat(bulks.list(new Where(), 10)).containsExactlyInAnyOrder("a", "b", "c", "d");
        assertThat(bulks.list(new Where().tenant("one"), 1)).containsExactlyInAnyOrder("a", "b", "d");
        assertThat(bulks.list(new Where().group("g1"), 10)).containsExactlyInAnyOrder("a", "c", "d");
        assertThat(bulks.list(new Where().age(5_000), 10)).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(bulks.list(new Where().age(5_001), 10)).isEmpty();
        assertThat(bulks.list(new Where().metadata(Map.of("colour", "blue")), 10))
                .containsExactlyInAnyOrder("a", "c");
        assertThat(bulks.list(new Where().metadata(blue).tenant("two"), 10)).containsExactly("c");
        assertThat(bulks.list(new Where().metadata(Map.of("colour", "green")), 10))
                .isEmpty();
        assertThat(bulks.list(status(RUNNING), 10)).isEmpty();
        assertThat(bulks.list(new Where().tenant("nobody"), 10)).isEmpty();
        assertThat(bulks.list(new Where().group("nothing"), 10)).isEmpty();
        Bulk bulk = bulks.change(
                BulkVerb.CANCEL, status(SCHEDULED).tenant("one").group("g1").metadata(blue));
        assertThat(bulk.changed()).isEqualTo(1);
        assertThat(bulks.list(status(CANCELLED), 10)).containsExactly("a");
        assertThat(bulks.counts("one")).containsEntry(CANCELLED, 1L).containsEntry(SCHEDULED, 2L);
        assertThat(bulks.counts("nobody").values()).containsOnly(0L);
    }

    @Test
    void shouldOnlyCountInADryRun() {
        enqueueMany(5_000, "j");
        long before = harness.shard.view().jobs().digest();
        Bulk dry = bulks.dryRun(BulkVerb.CANCEL, new Where().group("many"));
        assertThat(dry).extracting(Bulk::finished, Bulk::changed, Bulk::skipped).containsExactly(true, 5_000L, 0L);
        assertThat(bulks.dryRun(BulkVerb.DELETE, new Where()).skipped()).isEqualTo(5_000);
        assertThat(harness.shard.view().jobs().digest()).isEqualTo(before);
        assertThat(bulks.change(BulkVerb.CANCEL, new Where().group("many")).changed())
                .isEqualTo(5_000);
    }

    @Test
    void shouldListEveryJobOnceOverManySlices() {
        enqueueMany(9_000, "j");
        List<String> ids = bulks.list(new Where(), 256);
        assertThat(ids).hasSize(9_000).doesNotHaveDuplicates();
        assertThat(bulks.page(new Where(), 4_000_000_000L, 10).isLast())
                .as("a cursor behind the end")
                .isTrue();
    }

    /** What comes after it, or changes after it, is not touched: neither by the first scan nor by one after a crash. */
    @Test
    void shouldNotTouchWhatChangesLater() {
        enqueueMany(6_000, "j");
        harness.advance(10);
        long sent = bulks.send(BulkVerb.CANCEL, status(SCHEDULED), false, 0);
        harness.agent.doWork();
        harness.agent.doWork();
        long key = harness.shard.view().bulks().first().key();
        assertThat(sent).isPositive();
        harness.advance(10);
        Item late = new Item("late");
        client.enqueue(late);
        assertThat(bulks.get(key).finished()).isTrue();
        assertThat(statusOf("late")).isEqualTo("SCHEDULED");
        assertThat(bulks.list(status(SCHEDULED), 256)).containsExactly("late");
    }

    @Test
    void shouldGoOnAfterAKillAndCountEachJobOnce() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 8; round++) {
            harness = new ShardHarness(round);
            reconnect(1);
            enqueueMany(7_000, "j");
            harness.advance(50);
            harness.run();
            BulkVerb verb = round % 2 == 0 ? BulkVerb.CANCEL : BulkVerb.DELETE;
            if (verb == BulkVerb.DELETE) {
                assertThat(bulks.change(BulkVerb.CANCEL, new Where().group("many"))
                                .changed())
                        .isEqualTo(7_000);
                harness.advance(50);
                harness.run();
            }
            bulks.send(verb, new Where().group("many"), false, 77);
            for (int cycles = random.nextInt(1, 7); cycles > 0; cycles--) {
                harness.agent.doWork();
            }
            long key = harness.shard.view().bulks().first().key();
            if (round % 3 == 0) {
                harness.loseUnsynced(random);
            } else {
                harness.kill();
            }
            reconnect(2);
            Bulk again = bulks.begin(verb, new Where().group("many"), false, 77);
            assertThat(again.key()).as("known, unless its start was lost").isGreaterThanOrEqualTo(key);
            Bulk done = bulks.get(again.key());
            assertThat(done.finished()).isTrue();
            assertThat(done.changed()).isEqualTo(7_000);
            assertThat(bulks.counts("")).containsEntry(CANCELLED, verb == BulkVerb.CANCEL ? 7_000L : 0L);
            harness.shard.checkInvariants();
        }
    }

    @Test
    void shouldBeKnownAfterARestartAndATrimmedLog() {
        harness = new ShardHarness(1, harness.settings, 192 * 1024);
        reconnect(1);
        enqueueOneOfEach();
        Bulk done = bulks.begin(BulkVerb.CANCEL, status(SCHEDULED).metadata(Map.of("a", "b")), false, 9);
        for (int i = 0; harness.log.firstPosition() < 20; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.payload = new byte[20_000];
            client.enqueue(filler);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        reconnect(2);
        assertThat(bulks.get(done.key()).finished()).isTrue();
        assertThat(bulks.begin(BulkVerb.CANCEL, status(SCHEDULED).metadata(Map.of("a", "b")), false, 9)
                        .key())
                .as("by request")
                .isEqualTo(done.key());
    }

    @Test
    void shouldForgetOldOnesAndBoundThoseUnderWay() {
        List<Long> keys = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            keys.add(bulks.change(BulkVerb.CANCEL, status(SCHEDULED)).key());
        }
        assertThat(new HashSet<>(keys)).hasSize(300);
        assertThat(harness.shard.view().bulks().count()).isEqualTo(256);
        assertThat(bulks.get(keys.get(43)).code()).isEqualTo(RejectReason.BULK_NOT_FOUND.code());
        assertThat(bulks.get(keys.get(44)).finished()).isTrue();
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        reconnect(2);
        enqueueMany(500, "j");
        for (int i = 0; i < 17; i++) {
            bulks.send(BulkVerb.DELETE, status(SCHEDULED), true, 0);
        }
        long last = client.correlations - 1;
        harness.run();
        assertThat(client.<Integer>reply(last, TestClient::code)).isEqualTo(RejectReason.TOO_MANY_BULKS.code());
        assertThat(harness.shard.view().bulks().first())
                .as("all are worked off")
                .isNull();
    }

    /** TEN-1: a token of one tenant sees and changes its own, and asks in vain for another's. */
    @Test
    void shouldKeepATokenToItsTenant() {
        enqueue("mine", "own", "g", Map.of());
        enqueue("theirs", "other", "g", Map.of());
        Session own = new Session(9, new UnsafeBuffer("own".getBytes(UTF_8)));
        TestBulks scoped = new TestBulks(new TestClient(harness, own));
        assertThat(scoped.list(new Where(), 10)).containsExactly("mine");
        assertThat(scoped.counts("")).containsEntry(SCHEDULED, 1L);
        assertThat(scoped.counts("other")).isEmpty();
        assertThat(scoped.page(new Where().tenant("other"), 0, 10).code())
                .isEqualTo(RejectReason.PERMISSION_DENIED.code());
        assertThat(scoped.change(BulkVerb.CANCEL, status(SCHEDULED)).changed()).isEqualTo(1);
        assertThat(statusIn("other", "theirs")).isEqualTo("SCHEDULED");
        Bulk everybody = bulks.change(BulkVerb.CANCEL, status(SCHEDULED));
        assertThat(everybody.changed()).isEqualTo(1);
        assertThat(scoped.get(everybody.key()).code()).isEqualTo(RejectReason.BULK_NOT_FOUND.code());
        assertThat(bulks.begin(BulkVerb.CANCEL, status(SCHEDULED), true, 33).code())
                .isZero();
        assertThat(scoped.begin(BulkVerb.CANCEL, status(SCHEDULED), true, 33).key())
                .as("the same request id of somebody else")
                .isNotEqualTo(bulks.begin(BulkVerb.CANCEL, status(SCHEDULED), true, 33)
                        .key());
        assertThat(bulks.get(4_711).code()).isEqualTo(RejectReason.BULK_NOT_FOUND.code());
    }

    private String statusIn(String tenant, String id) {
        client.tenant = tenant;
        String status = statusOf(id);
        client.tenant = "";
        return status;
    }

    @Test
    void shouldRefuseAFilterThatMakesNoSense() {
        enqueueOneOfEach();
        int invalid = RejectReason.INVALID_FILTER.code();
        assertThat(bulks.change(BulkVerb.CANCEL, new Where()).code())
                .as("everything, by a slip")
                .isEqualTo(invalid);
        assertThat(bulks.dryRun(BulkVerb.CANCEL, new Where()).changed())
                .as("may be counted")
                .isEqualTo(3);
        Where unknownStatus = new Where();
        unknownStatus.statuses = 32;
        assertThat(bulks.page(unknownStatus, 0, 10).code()).isEqualTo(invalid);
        assertThat(bulks.change(BulkVerb.CANCEL, unknownStatus).code()).isEqualTo(invalid);
        assertThat(bulks.change(BulkVerb.CANCEL, new Where().age(-1)).code()).isEqualTo(invalid);
        assertThat(bulks.change(BulkVerb.CANCEL, new Where().metadata(Map.of("k", "v".repeat(8_192))))
                        .code())
                .isEqualTo(invalid);
        assertThat(bulks.change(BulkVerb.CANCEL, new Where().metadata(Map.of("k", "v".repeat(8_191))))
                        .code())
                .isZero();
        assertThat(bulks.change(BulkVerb.CANCEL, new Where().group("g\n")).code())
                .isEqualTo(RejectReason.INVALID_TASK_GROUP.code());
        assertThat(bulks.page(new Where(), 0, 0).code()).isEqualTo(RejectReason.INVALID_LIMIT.code());
        assertThat(bulks.page(new Where(), 0, 257).code()).isEqualTo(RejectReason.INVALID_LIMIT.code());
        Where noText = status(SCHEDULED);
        noText.raw = new byte[8_000];
        Arrays.fill(noText.raw, (byte) 0xFF);
        assertThat(bulks.change(BulkVerb.CANCEL, noText).code()).isEqualTo(invalid);
        Bulk nothing = bulks.change(BulkVerb.CANCEL, status(SCHEDULED).group("nothing"));
        assertThat(nothing).extracting(Bulk::finished, Bulk::changed).containsExactly(true, 0L);
        assertThat(bulks.counts("").values()).containsExactly(2L, 1L, 1L, 1L, 1L);
    }
}
