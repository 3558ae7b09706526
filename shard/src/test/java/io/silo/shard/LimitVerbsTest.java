package io.silo.shard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.LimitSettings;
import io.silo.shard.state.ShardState;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What operators do with concurrency limits: maxima that are set, and slots that are dropped. */
class LimitVerbsTest {
    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);
    private TestLimits limits = new TestLimits(client);

    private void use(ShardHarness other) {
        harness = other;
        reconnect(1);
    }

    private void reconnect(long session) {
        client = new TestClient(harness, session);
        limits = new TestLimits(client);
    }

    private static Item item(String id, String key, int max) {
        Item item = new Item(id);
        item.limits.put(key, max);
        return item;
    }

    private void enqueue(Item... items) {
        for (Item item : items) {
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
    }

    private void set(String key, int max) {
        assertThat(limits.set(key, max)).isZero();
        harness.shard.checkInvariants();
    }

    private void unset(String key) {
        assertThat(limits.unset(key)).isZero();
        harness.shard.checkInvariants();
    }

    private List<Task> lease(String group, int max) {
        List<Task> tasks = client.lease("w", group, max, 0);
        harness.shard.checkInvariants();
        return tasks;
    }

    private List<String> ids(String group) {
        return lease(group, 100).stream().map(Task::id).toList();
    }

    // ---- maxima that are set
    // ------------------------------------------------------------------------------------------------

    @Test
    void shouldRunAsManyAsTheSetMaximumAllowsWhateverJobsAskFor() {
        enqueue(item("a", "k", 1), item("b", "k", 9), item("c", "k", 1), item("d", "k", 1));
        set("k", 3);
        assertThat(ids("g")).containsExactly("a", "b", "c");
        assertThat(limits.show("k", 10)).isEqualTo("3 3 1 [a@w, b@w, c@w] [d]");
    }

    @Test
    void shouldLetWaitersGoOnAtOnceWhenTheMaximumIsRaised() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        client.subscribe(1, "p", "g", 10);
        assertThat(client.pushed()).extracting(Task::id).containsExactly("a");
        set("k", 2);
        assertThat(client.pushed()).extracting(Task::id).containsExactly("b");
        long waiting = client.sendLease("w2", "g", 1, 20_000, 0);
        client.unsubscribe(1);
        harness.take();
        set("k", 3);
        assertThat(client.reply(waiting, TestClient::tasks))
                .extracting(Task::id)
                .containsExactly("c");
    }

    /** Holders go on; what was next waits again, and the one that comes first goes first. */
    @Test
    void shouldEvictNobodyWhenTheMaximumIsLowered() {
        for (int i = 0; i < 6; i++) {
            enqueue(item("j" + i, "k", 4));
        }
        List<Task> running = new ArrayList<>(lease("g", 2));
        set("k", 1);
        assertThat(ids("g")).isEmpty();
        for (Task task : running) {
            assertThat(client.heartbeat("w", task)).isZero();
        }
        client.succeed(running.remove(0), "");
        assertThat(ids("g")).isEmpty();
        client.succeed(running.remove(0), "");
        assertThat(ids("g")).containsExactly("j2");
        set("k", 2);
        assertThat(ids("g")).containsExactly("j3");
        unset("k");
        assertThat(ids("g")).containsExactly("j4", "j5");
    }

    @Test
    void shouldPauseAKeyWithAMaximumOfZero() {
        enqueue(item("a", "k", 2), item("b", "k", 2), item("other", "l", 1));
        Task running = lease("g", 1).get(0);
        set("k", 0);
        assertThat(ids("g")).containsExactly("other");
        client.succeed(running, "");
        enqueue(item("c", "k", 2));
        assertThat(ids("g")).isEmpty();
        unset("k");
        assertThat(ids("g")).containsExactly("b", "c");
    }

    /** Jobs whose own maximum is 0 stand aside while it counts, and in line with all others while another is set. */
    @Test
    void shouldRunJobsThatNeverRunWhileAMaximumIsSetAndLetOthersPassAfterwards() {
        enqueue(item("never1", "k", 0), item("never2", "k", 0), item("a", "k", 1));
        List<Task> running = new ArrayList<>(lease("g", 9));
        assertThat(running).extracting(Task::id).containsExactly("a");
        enqueue(item("b", "k", 1), item("never3", "k", 0), item("c", "k", 1));
        set("k", 1);
        assertThat(ids("g")).isEmpty();
        client.succeed(running.remove(0), "");
        running.addAll(lease("g", 9));
        assertThat(running).extracting(Task::id).containsExactly("never1");
        // Now never2 is first in line, and may not run any more.
        unset("k");
        assertThat(ids("g")).isEmpty();
        client.succeed(running.remove(0), "");
        running.addAll(lease("g", 9));
        assertThat(running).extracting(Task::id).containsExactly("b");
        set("k", 9);
        assertThat(ids("g")).containsExactly("never2", "never3", "c");
        assertThat(limits.show("k", 10)).startsWith("9 4 0 ");
    }

    /** The first in line is one that may not run any more, and it is a candidate. */
    @Test
    void shouldSendCandidatesThatMayNeverRunOutOfTheWay() {
        set("k", 5);
        enqueue(item("never1", "k", 0), item("a", "k", 1), item("never2", "k", 0), item("b", "k", 1));
        unset("k");
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("a");
        client.succeed(running.get(0), "");
        assertThat(ids("g")).containsExactly("b");
        assertThat(limits.show("k", 10)).isEqualTo("- 1 2 [b@w] [never1, never2]");
    }

    /** More of them than are worked off in one call. */
    @Test
    void shouldMoveManyJobsThatNeverRanInBoundedSteps() {
        for (int i = 0; i < 1_000; i++) {
            enqueue(item("never" + i, "k", 0));
        }
        set("k", 1_000);
        List<String> ran = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            ran.addAll(ids("g"));
        }
        assertThat(ran)
                .isEqualTo(IntStream.range(0, 1_000).mapToObj(i -> "never" + i).toList());
    }

    /** A reservation of a job that cannot run any more would keep slots from others for nothing. */
    @Test
    void shouldKeepNothingForAJobWhoseOtherLimitIsPaused() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        enqueue(item("a0", "a", 1), item("b0", "b", 1));
        List<Task> running = new ArrayList<>(lease("g", 2));
        enqueue(both);
        String waits = "";
        for (int round = 1; round < 100; round++) {
            Task ends = running.remove(0);
            waits = ends.id().substring(0, 1) + round;
            enqueue(item(waits, waits.substring(0, 1), 1));
            client.succeed(ends, "");
            running.addAll(lease("g", 9));
            if (limits.names(waits).endsWith("both")) {
                break;
            }
        }
        assertThat(ids("g")).isEmpty();
        set(waits.startsWith("a") ? "b" : "a", 0);
        assertThat(ids("g")).containsExactly(waits);
    }

    @Test
    void shouldSayWhetherItChangedSomethingAndAppendNothingOtherwise() {
        set("k", 3);
        assertThat(limits.changed).isTrue();
        long before = harness.log.appendedPosition();
        set("k", 3);
        assertThat(limits.changed).isFalse();
        unset("another");
        assertThat(limits.changed).isFalse();
        assertThat(harness.log.appendedPosition()).isEqualTo(before);
        unset("k");
        assertThat(limits.changed).isTrue();
        assertThat(harness.shard.view().limitCount()).isZero();
        assertThat(limits.show("k", 10)).isEqualTo("LIMIT_NOT_FOUND");
    }

    @Test
    void shouldRefuseMoreThanTheBoundAndStillChangeAndUnset() {
        use(new ShardHarness(
                1,
                List.of(harness.settings),
                4 * 1024 * 1024,
                h -> h.capacity = new ShardState.Capacity(1 << 17, 1 << 26, 1 << 12, 1 << 10, 1 << 10, 1 << 10)));
        for (int i = 0; i < LimitSettings.SETTINGS_MAX; i++) {
            assertThat(limits.set("k" + i, i)).isZero();
        }
        assertThat(limits.set("one more", 1)).isEqualTo(RejectReason.TOO_MANY_LIMITS.code());
        assertThat(limits.set("k0", 1)).isZero();
        assertThat(limits.unset("k1")).isZero();
        assertThat(limits.set("one more", 1)).isZero();
        assertThat(harness.shard.view().limitSettings().count()).isEqualTo(LimitSettings.SETTINGS_MAX);
        assertThat(limits.list(256)).hasSize(LimitSettings.SETTINGS_MAX);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldStaySetAfterARestartAndATrimmedLog() {
        use(new ShardHarness(1, harness.settings, 192 * 1024));
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        set("k", 2);
        set("nobody yet", 7);
        set("unset again", 7);
        unset("unset again");
        List<Task> running = lease("g", 9);
        assertThat(running).hasSize(2);
        limits.drop("");
        for (int i = 0; harness.log.firstPosition() < 20; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.taskGroup = "filler";
            filler.payload = new byte[20_000];
            client.enqueue(filler);
            harness.shard.carryOldestCycle();
            running.forEach(task -> client.heartbeat("w", task));
            harness.advance(60);
            harness.run();
        }
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        harness.shard.checkInvariants();
        reconnect(2);
        assertThat(limits.list(10)).containsExactly("-/k 2 0 0", "-/nobody yet 7 0 0");
        assertThat(ids("g")).containsExactly("c");
    }

    @Test
    void shouldListWhatIsInUsePageByPage() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            enqueue(item("a" + i, "x".repeat(200) + i, 1), item("b" + i, "x".repeat(200) + i, 1));
            expected.add("-/" + "x".repeat(200) + i + " - 1 1");
        }
        lease("g", 100);
        Item other = item("other", "k", 1);
        other.tenant = "acme";
        enqueue(other, item("future", "idle", 1));
        set("k", 0);
        expected.add("-/k 0 0 0");
        expected.sort(null);
        assertThat(limits.list(7)).isEqualTo(expected);
        client.tenant = "acme";
        set("k", 3);
        assertThat(limits.list(7)).containsExactly("acme/k 3 0 0");
        client.tenant = "nobody";
        assertThat(limits.list(7)).isEmpty();
        assertThat(limits.listCode(0)).isEqualTo(RejectReason.INVALID_LIMIT.code());
        assertThat(limits.listCode(257)).isEqualTo(RejectReason.INVALID_LIMIT.code());
    }

    @Test
    void shouldShowTheOldestHoldersAndTheFirstWaitersOfAllTaskGroups() {
        for (int i = 0; i < 10; i++) {
            Item item = item("j" + i, "k", 3);
            item.taskGroup = "g" + i % 2;
            item.priority = i == 9 ? 1 : 50;
            enqueue(item);
        }
        assertThat(client.lease("w", "g0", 2, 0)).hasSize(2);
        assertThat(client.lease("v", "g1", 1, 0)).hasSize(1);
        // Candidates of both groups are sent back when they come up.
        assertThat(ids("g0")).isEmpty();
        assertThat(ids("g1")).isEmpty();
        assertThat(limits.show("k", 2)).isEqualTo("- 3 7 [j0@w, j2@w] [j1, j3]");
        assertThat(limits.show("k", 100)).isEqualTo("- 3 7 [j0@w, j2@w, j9@v] [j1, j3, j4, j5, j6, j7, j8]");
        assertThat(limits.show("k", 0)).isEqualTo("- 3 7 [] []");
        assertThat(limits.show("k", 101)).isEqualTo("INVALID_LIMIT");
    }

    /** TEN-1: a token of one tenant sees and changes its own keys alone. */
    @Test
    void shouldKeepATokenToItsTenant() {
        TestClient scoped = new TestClient(harness, new Session(9, new UnsafeBuffer("own".getBytes(UTF_8))));
        TestLimits own = new TestLimits(scoped);
        client.tenant = "foreign";
        set("k", 1);
        scoped.tenant = "own";
        assertThat(own.set("k", 2)).isZero();
        scoped.tenant = "";
        assertThat(own.list(10)).containsExactly("own/k 2 0 0");
        client.tenant = "";
        assertThat(limits.list(10)).containsExactly("foreign/k 1 0 0", "own/k 2 0 0");
        scoped.tenant = "foreign";
        int denied = RejectReason.PERMISSION_DENIED.code();
        assertThat(own.set("k", 2)).isEqualTo(denied);
        assertThat(own.unset("k")).isEqualTo(denied);
        assertThat(own.show("k", 1)).isEqualTo("PERMISSION_DENIED");
        assertThat(own.drop("")).isEqualTo(-denied);
        assertThat(own.explainCode("j")).isEqualTo(denied);
    }

    // ---- slots that are dropped
    // ---------------------------------------------------------------------------------------------

    /** DROP-1: leases stay, slots are free, and more may run than the limit allows. */
    @Test
    void shouldGiveSlotsBackAndLetLeasesGoOn() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        Task a = lease("g", 9).get(0);
        assertThat(limits.names("a")).startsWith("[k] ");
        assertThat(limits.drop("k")).isEqualTo(1);
        assertThat(limits.names("a")).startsWith("[] ");
        assertThat(client.heartbeat("w", a)).isZero();
        Task b = lease("g", 9).get(0);
        assertThat(b.id()).isEqualTo("b");
        enqueue(item("c", "k", 1));
        // What gave its slot back has none to give when it ends.
        assertThat(client.succeed(a, "r")).isZero();
        assertThat(ids("g")).isEmpty();
        assertThat(client.get("a").result()).isEqualTo("r");
        client.succeed(b, "");
        assertThat(ids("g")).containsExactly("c");
        assertThat(limits.drop("nobody's")).isZero();
    }

    @Test
    void shouldDropSlotsOfOneKeyAndKeepTheOthers() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        both.limits.put("c", 1);
        enqueue(both);
        Task running = lease("g", 9).get(0);
        assertThat(limits.drop("b")).isEqualTo(1);
        assertThat(limits.names("both")).startsWith("[a, c] ");
        enqueue(item("of a", "a", 1), item("of b", "b", 1), item("of c", "c", 1));
        assertThat(ids("g")).containsExactly("of b");
        client.fail(running, "E");
        assertThat(ids("g")).containsExactlyInAnyOrder("of a", "of c");
    }

    @Test
    void shouldTakeSlotsAnewWithTheNextLease() {
        Item retried = item("retried", "k", 1);
        retried.retryCount = 3;
        retried.retryInitialMs = 0;
        enqueue(retried);
        Task first = lease("g", 9).get(0);
        limits.drop("");
        client.report(first, Outcome.FAILED, "E", "");
        harness.advance(1);
        assertThat(ids("g")).containsExactly("retried");
        assertThat(limits.show("k", 9)).isEqualTo("- 1 0 [retried@w] []");
    }

    @Test
    void shouldDropManyHoldersCallByCallAndOnlyTheTenants() {
        for (int i = 0; i < 3_000; i++) {
            enqueue(item("j" + i, "k" + i % 7, 5_000));
        }
        Item foreign = item("foreign", "k", 1);
        foreign.tenant = "acme";
        enqueue(foreign);
        int running = 0;
        while (running < 3_001) {
            running += client.lease("w", "g", 1_000, 0).size();
        }
        assertThat(limits.drop("")).isEqualTo(3_000);
        assertThat(limits.dropCalls).isEqualTo(3);
        harness.shard.checkInvariants();
        assertThat(limits.list(10)).containsExactly("acme/k - 1 0");
        assertThat(limits.drop("")).isZero();
        client.tenant = "acme";
        assertThat(limits.drop("k")).isEqualTo(1);
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        harness.shard.checkInvariants();
    }
}
