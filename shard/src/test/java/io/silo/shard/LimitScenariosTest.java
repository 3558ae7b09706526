package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Short histories of jobs that share a limit: what happens to one of them is felt by the others at once, and not before. */
class LimitScenariosTest {
    private static final int HOUR_MS = 3_600_000;

    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestVerbs verbs = new TestVerbs(client);

    private static Item item(String id, String key, int max) {
        Item item = new Item(id);
        item.leaseMs = HOUR_MS;
        item.limits.put(key, max);
        return item;
    }

    private void enqueue(Item... items) {
        for (Item item : items) {
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
    }

    private List<Task> lease(int max) {
        List<Task> tasks = client.lease("w", "g", max, 0);
        harness.shard.checkInvariants();
        return tasks;
    }

    private Task one() {
        List<Task> tasks = lease(100);
        assertThat(tasks).hasSize(1);
        return tasks.get(0);
    }

    private void assertNobodyGoesOn() {
        assertThat(lease(100)).isEmpty();
    }

    private int holders(String key) {
        return Integer.parseInt(new TestLimits(client).show(key, 1).replaceFirst("^\\S+ (\\d+) .*", "$1"));
    }

    private void pass(long ms) {
        harness.advance(ms);
        harness.run();
    }

    /** DST-19: what waits for its next attempt holds nothing, and takes its turn behind who got the slot meanwhile. */
    @Test
    void shouldGiveTheSlotToTheNextWhileARetryWaits() {
        Item retried = item("a", "k", 1);
        retried.retryCount = 1;
        retried.retryInitialMs = 2_000;
        enqueue(retried, item("b", "k", 1));
        Task a = one();
        assertThat(a.id()).isEqualTo("a");
        assertNobodyGoesOn();
        client.fail(a, "E");
        assertThat(holders("k")).isZero();
        Task b = one();
        assertThat(b.id()).isEqualTo("b");
        for (int second = 0; second < 5; second++) {
            pass(1_000);
            assertNobodyGoesOn();
            assertThat(holders("k")).isEqualTo(1);
        }
        client.succeed(b, "");
        a = one();
        assertThat(a.id()).isEqualTo("a");
        assertThat(a.attempt()).isEqualTo(2);
        client.succeed(a, "");
        assertThat(client.get("a").status()).isEqualTo("SUCCEEDED");
        assertThat(client.get("b").status()).isEqualTo("SUCCEEDED");
        assertThat(holders("k")).isZero();
    }

    /** DST-20: a cancelled waiter is gone at once; a cancelled runner keeps its slot until its worker lets go. */
    @Test
    void shouldKeepTheSlotOfACancelledRunUntilItsWorkerLetsGo() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        Task a = one();
        assertThat(verbs.cancel("b")).isEqualTo("OK");
        assertThat(verbs.cancel("a")).isEqualTo("OK");
        assertThat(client.get("b").status()).isEqualTo("CANCELLED");
        assertThat(holders("k")).isEqualTo(1);
        assertNobodyGoesOn();
        pass(10_000);
        assertNobodyGoesOn();
        assertThat(client.report(a, Outcome.CANCELLED, "", "")).isEqualTo(RejectReason.OK);
        Task c = one();
        assertThat(c.id()).isEqualTo("c");
        client.succeed(c, "");
        assertNobodyGoesOn();
        assertThat(client.get("a").status()).isEqualTo("CANCELLED");
        assertThat(client.get("b").attempts()).isEmpty();
        assertThat(client.get("c").status()).isEqualTo("SUCCEEDED");
        assertThat(holders("k")).isZero();
    }

    /** DST-21: who waits for a slot is due already and is not expedited past others; who was cancelled cannot be. */
    @Test
    void shouldRefuseToExpediteWhatWaitsForASlotOrWasCancelled() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1), item("d", "k", 1));
        assertThat(verbs.cancel("d")).isEqualTo("OK");
        Task a = one();
        assertThat(a.id()).isEqualTo("a");
        assertThat(verbs.expedite("d")).isEqualTo("JOB_ALREADY_CANCELLED");
        assertThat(verbs.expedite("c")).isEqualTo("JOB_ALREADY_READY");
        assertThat(client.get("c").status()).isEqualTo("SCHEDULED");
        client.succeed(a, "");
        Task b = one();
        assertThat(b.id()).isEqualTo("b");
        client.succeed(b, "");
        assertThat(one().id()).isEqualTo("c");
    }

    /** As DST-21, and one that is not due yet: it takes its place among those who wait, and no slot. */
    @Test
    void shouldLetAnExpeditedJobWaitForItsSlot() {
        Item later = item("later", "k", 1);
        later.startAtMs = harness.wallMs + HOUR_MS;
        enqueue(item("a", "k", 1), item("b", "k", 1), later);
        Task a = one();
        assertThat(verbs.expedite("later")).isEqualTo("OK");
        assertNobodyGoesOn();
        assertThat(holders("k")).isEqualTo(1);
        client.succeed(a, "");
        Task b = one();
        assertThat(b.id()).isEqualTo("b");
        client.succeed(b, "");
        assertThat(one().id()).isEqualTo("later");
    }

    /** DST-24: a great many limits that never become free do not hide the one that does. */
    @Test
    void shouldServeTheOneLimitThatIsFreeAmongManyThatAreStuck() {
        int stuck = 120;
        for (int i = 0; i < stuck; i++) {
            enqueue(item("holder" + i, "stuck" + i, 1));
        }
        enqueue(item("small", "small", 1));
        List<Task> running = lease(1_000);
        while (running.size() < stuck + 1) {
            List<Task> more = lease(1_000);
            assertThat(more).isNotEmpty();
            running = new ArrayList<>(running);
            running.addAll(more);
        }
        for (int i = 0; i < stuck; i++) {
            enqueue(item("waiter" + i, "stuck" + i, 1));
        }
        enqueue(item("next", "small", 1));
        assertNobodyGoesOn();
        client.succeed(running.get(stuck), "");
        assertThat(one().id()).isEqualTo("next");
        assertNobodyGoesOn();
    }

    /** DST-17, CONC-26: many leases end and many workers ask in one duty cycle; each slot goes to one of them, and each task once. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void shouldGiveEachSlotToOneWhenManyEndAtOnce(int max) {
        int jobs = 40;
        for (int i = 0; i < jobs; i++) {
            enqueue(item("j" + i, "k", max));
        }
        List<String> leased = new ArrayList<>();
        List<Task> running = new ArrayList<>(lease(100));
        while (!running.isEmpty()) {
            assertThat(running).hasSizeLessThanOrEqualTo(max);
            running.forEach(task -> leased.add(task.id()));
            // Nothing is answered before all of it has arrived; each report comes twice.
            List<Long> asked = new ArrayList<>();
            for (Task task : running) {
                client.sendReport(task, Outcome.SUCCEEDED, "", new byte[0], 0, 0);
                client.sendReport(task, Outcome.SUCCEEDED, "", new byte[0], 0, 0);
                asked.add(client.sendLease("w" + asked.size(), "g", 3, 0, asked.size() + 1L));
            }
            for (int more = 0; more < 8; more++) {
                asked.add(client.sendLease("v" + more, "g", 1, 0, 100L + more));
            }
            harness.run();
            harness.shard.checkInvariants();
            running = new ArrayList<>();
            for (long correlation : asked) {
                running.addAll(client.reply(correlation, TestClient::tasks));
            }
        }
        assertThat(leased).hasSize(jobs).doesNotHaveDuplicates();
        assertThat(holders("k")).isZero();
    }

    /** CONC-9: many enqueue at once while workers ask. */
    @Test
    void shouldNotExceedALimitWhenManyEnqueueAtOnce() {
        List<Long> asked = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            client.sendEnqueue(item("j" + i, "k", 5));
            if (i % 3 == 0) {
                asked.add(client.sendLease("w" + i, "g", 4, 0, i + 1L));
            }
        }
        harness.run();
        harness.shard.checkInvariants();
        List<Task> running = new ArrayList<>();
        asked.forEach(correlation -> running.addAll(client.reply(correlation, TestClient::tasks)));
        assertThat(running).hasSize(5).extracting(Task::id).doesNotHaveDuplicates();
        assertThat(holders("k")).isEqualTo(5);
    }
}
