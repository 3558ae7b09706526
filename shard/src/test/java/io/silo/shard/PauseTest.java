package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.Pauses;
import io.silo.shard.state.ShardState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A paused task group or tenant gets no task; all else goes on. */
class PauseTest {
    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);
    private TestVerbs verbs = new TestVerbs(client);

    private void enqueue(String id, String tenant, String group) {
        Item item = new Item(id);
        item.tenant = tenant;
        item.taskGroup = group;
        assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
    }

    private List<String> lease(String group) {
        return client.lease("w", group, 100, 0).stream().map(Task::id).toList();
    }

    @Test
    void shouldGiveNoTaskOfAPausedGroup() {
        enqueue("a", "", "g1");
        enqueue("b", "", "g2");
        client.subscribe(1, "pushed", "g1", 5);
        assertThat(client.pushed()).extracting(Task::id).containsExactly("a");
        assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "g1", true)).isZero();
        enqueue("c", "", "g1");

        assertThat(lease("g1")).isEmpty();
        assertThat(client.pushed()).isEmpty();
        assertThat(lease("g2")).containsExactly("b");
        assertThat(client.taskGroup("g1")).startsWith("0/");

        assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "g1", false)).isZero();
        assertThat(client.pushed()).extracting(Task::id).containsExactly("c");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldGiveNoTaskOfAPausedTenantAndOthersTheirs() {
        for (int i = 0; i < 3; i++) {
            enqueue("a" + i, "one", "g");
            enqueue("b" + i, "two", "g");
        }
        verbs.setPaused(PauseKind.TENANT, "one", true);
        enqueue("a3", "one", "g");
        assertThat(lease("g")).containsExactly("b0", "b1", "b2");
        client.tenant = "one";
        assertThat(lease("g")).isEmpty();
        client.tenant = "";
        verbs.setPaused(PauseKind.TENANT, "one", false);
        assertThat(lease("g")).containsExactly("a0", "a1", "a2", "a3");
        harness.shard.checkInvariants();
    }

    /** What runs goes on: heartbeats, outcomes, retries that wait until it is resumed; and an operator may lease by id. */
    @Test
    void shouldLetRunningWorkGoOn() {
        Item item = new Item("j");
        item.tenant = "one";
        item.retryCount = 1;
        item.retryInitialMs = 0;
        client.enqueue(item);
        Task task = client.lease("w", 1).get(0);
        verbs.setPaused(PauseKind.TENANT, "one", true);
        assertThat(client.heartbeat("w", task)).isZero();
        assertThat(client.fail(task, "E")).isZero();
        assertThat(lease("g")).isEmpty();
        client.tenant = "one";
        assertThat(verbs.lease("j", "w", 0)).isNotNull();
        assertThat(verbs.cancel("j")).isEqualTo("OK");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldRefuseToPauseMoreThanTheBoundAndStillResume() {
        harness = new ShardHarness(
                1, List.of(harness.settings), 512 * 1024, h -> h.capacity = ShardState.Capacity.DEFAULT);
        client = new TestClient(harness, 1);
        verbs = new TestVerbs(client);
        for (int i = 0; i < Pauses.PAUSES_MAX; i++) {
            assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "g" + i, true)).isZero();
        }
        assertThat(verbs.setPaused(PauseKind.TENANT, "one more", true)).isEqualTo(RejectReason.TOO_MANY_PAUSES.code());
        assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "g0", true)).isZero();
        assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "g0", false)).isZero();
        assertThat(verbs.setPaused(PauseKind.TENANT, "one more", true)).isZero();
        assertThat(harness.shard.view().pauses().count()).isEqualTo(Pauses.PAUSES_MAX);
    }

    @Test
    void shouldStayPausedAfterARestartAndATrimmedLog() {
        harness = new ShardHarness(1, harness.settings, 192 * 1024);
        client = new TestClient(harness, 1);
        verbs = new TestVerbs(client);
        enqueue("a", "one", "g");
        enqueue("b", "", "paused");
        verbs.setPaused(PauseKind.TENANT, "one", true);
        verbs.setPaused(PauseKind.TENANT, "nobody yet", true);
        verbs.setPaused(PauseKind.TASK_GROUP, "paused", true);
        verbs.setPaused(PauseKind.TASK_GROUP, "resumed", true);
        verbs.setPaused(PauseKind.TASK_GROUP, "resumed", false);
        for (int i = 0; harness.log.firstPosition() < 20; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.taskGroup = "filler";
            filler.payload = new byte[20_000];
            client.enqueue(filler);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(harness.shard.view().pauses().count()).isEqualTo(3);
        client = new TestClient(harness, 2);
        verbs = new TestVerbs(client);
        assertThat(lease("g")).isEmpty();
        assertThat(lease("paused")).isEmpty();
        verbs.setPaused(PauseKind.TENANT, "one", false);
        assertThat(lease("g")).containsExactly("a");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldListWhatIsPausedPageByPage() {
        assertThat(verbs.pauses()).isEmpty();
        List<String> expected = new ArrayList<>();
        String longest = "\uD83D\uDE80".repeat(60);
        for (int i = 100; i < 800; i++) {
            String name = i % 2 == 0 ? longest + i : "g" + i;
            verbs.setPaused(PauseKind.TASK_GROUP, name, true);
            expected.add("TASK_GROUP:" + name);
        }
        verbs.setPaused(PauseKind.TENANT, "", true);
        verbs.setPaused(PauseKind.TENANT, "acme", true);
        verbs.setPaused(PauseKind.TENANT, "resumed", true);
        verbs.setPaused(PauseKind.TENANT, "resumed", false);
        expected.sort(null);
        expected.add("TENANT:-");
        expected.add("TENANT:acme");
        assertThat(verbs.pauses()).isEqualTo(expected);
    }

    /** TEN-1: a token of one tenant can pause itself and nobody else. */
    @Test
    void shouldKeepATokenToItsTenant() {
        Session own = new Session(9, new UnsafeBuffer("own".getBytes(StandardCharsets.UTF_8)));
        TestVerbs scoped = new TestVerbs(new TestClient(harness, own));
        int denied = RejectReason.PERMISSION_DENIED.code();
        assertThat(verbs.setPaused(PauseKind.TENANT, "foreign", true)).isZero();
        assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "shared", true)).isZero();
        assertThat(scoped.pauses()).as("sees itself alone").isEmpty();
        assertThat(scoped.setPaused(PauseKind.TENANT, "own", true)).isZero();
        assertThat(scoped.pauses()).containsExactly("TENANT:own");
        assertThat(scoped.setPaused(PauseKind.TENANT, "other", true)).isEqualTo(denied);
        assertThat(scoped.setPaused(PauseKind.TASK_GROUP, "g", true)).isEqualTo(denied);
        assertThat(verbs.setPaused(PauseKind.TASK_GROUP, "", true)).isEqualTo(RejectReason.TASK_GROUP_REQUIRED.code());
        long before = harness.log.appendedPosition();
        assertThat(scoped.setPaused(PauseKind.TENANT, "own", true)).as("again").isZero();
        assertThat(harness.log.appendedPosition()).as("says nothing new").isEqualTo(before);
    }
}
