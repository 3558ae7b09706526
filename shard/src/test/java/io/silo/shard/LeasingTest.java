package io.silo.shard;

import static io.silo.protocol.RejectReason.LEASE_NOT_FOUND;
import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestVerbs.Ended;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whom tasks are given to, how many of them, and who may report them. */
class LeasingTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestVerbs verbs = new TestVerbs(client);

    private void enqueue(int count) {
        for (int i = 0; i < count; i++) {
            assertThat(client.enqueue("j" + i)).isEqualTo(OK);
        }
    }

    /** LEASE-3: at most so many; none asked for is an empty answer at once. */
    @Test
    void shouldLeaseNoMoreThanAskedFor() {
        enqueue(3);
        assertThat(client.lease("w", 0)).isEmpty();
        assertThat(client.lease("w", 2)).hasSize(2);
        assertThat(client.lease("w", 2)).hasSize(1);
        assertThat(client.lease("w", 2)).isEmpty();
    }

    /** LEASE-15, LEASE-17, STATE-22, MODEL-6: many workers get each task once, and one may hold any number of leases. */
    @Test
    void shouldGiveEachTaskToOneOfManyWorkers() {
        enqueue(200);
        List<TestClient> workers = new ArrayList<>();
        List<Long> calls = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            TestClient worker = new TestClient(harness, 10 + i);
            workers.add(worker);
            calls.add(worker.sendLease("w" + i, "g", 15, 0, 0));
        }
        harness.run();
        Set<String> ids = new HashSet<>();
        Set<Long> tokens = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            for (Task task : workers.get(i).reply(calls.get(i), TestClient::tasks)) {
                assertThat(ids.add(task.id())).as("%s twice", task.id()).isTrue();
                assertThat(tokens.add(task.token()))
                        .as("token of %s", task.id())
                        .isTrue();
            }
        }
        assertThat(ids).hasSize(150);
        List<Task> rest = client.lease("w0", 100);
        assertThat(rest).hasSize(50);
        assertThat(client.heartbeat("w0", rest.toArray(new Task[0]))).isEqualTo(OK);
        harness.shard.checkInvariants();
    }

    /** ORD-10, at its strictest: what comes late and is more urgent goes before everything that is ready. */
    @Test
    void shouldGiveTheUrgentLatecomerFirst() {
        for (int i = 0; i < 500; i++) {
            Item item = new Item("j" + i);
            item.priority = 50;
            assertThat(client.enqueue(item)).containsExactly(OK);
        }
        assertThat(client.lease("w", 1)).extracting(Task::id).containsExactly("j0");
        Item urgent = new Item("urgent");
        urgent.priority = 10;
        client.enqueue(urgent);
        assertThat(client.lease("w", 2)).extracting(Task::id).containsExactly("urgent", "j1");
    }

    /** OUT-4: who has the token of a lease may report it, whatever session or worker it was given to. */
    @Test
    void shouldTakeAnOutcomeFromWhoeverHasTheToken() {
        enqueue(1);
        Task task = client.lease("w", 1).get(0);
        TestClient other = new TestClient(harness, 2);
        assertThat(other.succeed(task, "by another")).isEqualTo(OK);
        assertThat(client.get("j0").result()).isEqualTo("by another");
    }

    /** RETRY-8, MODEL-6, OUT-2: each attempt has a token of its own, and that of an earlier one is worth nothing. */
    @Test
    void shouldGiveEachAttemptATokenOfItsOwn() {
        Item item = new Item("j");
        item.retryCount = 1;
        item.retryInitialMs = 0;
        client.enqueue(item);
        Task first = client.lease("w", 1).get(0);
        harness.advance(10_001);
        harness.run();
        Task second = client.lease("w", 1).get(0);
        assertThat(second.token()).isGreaterThan(first.token());
        assertThat(client.succeed(first, "late")).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(client.heartbeat("w", first)).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(client.get("j").status()).isEqualTo("RUNNING");
        assertThat(client.succeed(second, "r")).isEqualTo(OK);
    }

    /** IMPORT-16, IMPORT-13, MODEL-5: attempts that were added leave the one task that follows them, and no older one. */
    @Test
    void shouldGiveTheTaskBehindAddedAttemptsAlone() {
        Item item = new Item("j");
        item.retryCount = 9;
        assertThat(verbs.importJob(item)).isEqualTo("SCHEDULED");
        assertThat(verbs.importJob(item, Ended.failed(10, "E"))).isEqualTo("SCHEDULED");
        assertThat(verbs.importJob(item, Ended.failed(10, "E"), Ended.failed(20, "E")))
                .isEqualTo("SCHEDULED");
        assertThat(client.lease("w", 10)).extracting(Task::attempt).containsExactly(3);
        harness.shard.checkInvariants();
    }
}
