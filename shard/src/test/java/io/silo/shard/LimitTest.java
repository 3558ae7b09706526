package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Concurrency limits: who may run, in what order, and what gives a slot back. */
class LimitTest {
    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);
    private TestVerbs verbs = new TestVerbs(client);

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

    private List<Task> lease(String group, int max) {
        List<Task> tasks = client.lease("w", group, max, 0);
        harness.shard.checkInvariants();
        return tasks;
    }

    private List<String> ids(String group) {
        return lease(group, 100).stream().map(Task::id).toList();
    }

    // [SILO-LIMIT-1]
    @Test
    void shouldLeaseNoMoreThanTheLimitAndTheNextWhenOneEnds() {
        for (int i = 0; i < 5; i++) {
            enqueue(item("j" + i, "k", 2));
        }
        List<Task> running = lease("g", 100);
        assertThat(running).extracting(Task::id).containsExactly("j0", "j1");
        assertThat(ids("g")).isEmpty();
        client.succeed(running.get(0), "");
        assertThat(ids("g")).containsExactly("j2");
        client.succeed(running.get(1), "");
        assertThat(ids("g")).containsExactly("j3");
    }

    /** Of a line that is longer than what is kept ready of it, whatever comes in between and however many slots there are. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldGiveALongLineInOrder(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int max = random.nextBoolean() ? 1_000 : 1 + random.nextInt(100);
        TreeMap<Integer, Integer> waiting = new TreeMap<>();
        List<Task> running = new ArrayList<>();
        int sent = 0;
        while (sent < 600 || !waiting.isEmpty()) {
            for (int i = sent < 600 ? random.nextInt(150) : 0; i > 0; i--) {
                Item item = item("j" + sent, "k", max);
                item.priority = random.nextInt(4);
                client.sendEnqueue(item);
                waiting.put(item.priority * 10_000 + sent, sent);
                sent++;
            }
            harness.run();
            int wanted = 1 + random.nextInt(60);
            int free = max - running.size();
            List<Task> got = lease("g", wanted);
            assertThat(got).hasSize(Math.min(wanted, Math.min(free, waiting.size())));
            for (Task task : got) {
                assertThat(task.id()).isEqualTo("j" + waiting.pollFirstEntry().getValue());
                running.add(task);
            }
            assertThat(running).hasSizeLessThanOrEqualTo(max);
            while (running.size() == max || !running.isEmpty() && random.nextInt(3) == 0) {
                client.succeed(running.remove(random.nextInt(running.size())), "");
                harness.shard.checkInvariants();
            }
        }
        assertThat(ids("g")).isEmpty();
    }

    // [SILO-LIMIT-3]
    @Test
    void shouldGiveTheSlotBackWhateverEndsTheLease() {
        Item retried = item("retried", "k", 1);
        retried.retryCount = 1;
        retried.retryInitialMs = 60_000;
        enqueue(retried, item("failed", "k", 1), item("cancelled", "k", 1), item("returned", "k", 1));
        enqueue(item("crashed", "k", 1), item("last", "k", 1));
        client.fail(lease("g", 9).get(0), "E");
        client.fail(lease("g", 9).get(0), "E");
        Task cancelled = lease("g", 9).get(0);
        verbs.cancel("cancelled");
        client.report(cancelled, Outcome.CANCELLED, "", "");
        Task returned = lease("g", 9).get(0);
        assertThat(returned.id()).isEqualTo("returned");
        assertThat(client.giveBack("w", returned)).isZero();
        Task again = lease("g", 9).get(0);
        assertThat(again.id()).isEqualTo("returned");
        client.succeed(again, "");
        assertThat(lease("g", 9)).extracting(Task::id).containsExactly("crashed");
        assertThat(ids("g")).isEmpty();
        harness.advance(11_000);
        harness.run();
        assertThat(client.get("crashed").errorCode()).isEqualTo("WORKER_CRASHED");
        assertThat(ids("g")).containsExactly("last");
    }

    @Test
    void shouldTakeWaitersByPriorityThenStartThenArrivalAndLetNobodyOvertake() {
        Item late = item("late", "k", 1);
        late.startAtMs = harness.wallMs + 500;
        Item urgent = item("urgent", "k", 1);
        urgent.priority = 1;
        Item idle = item("idle", "k", 1);
        idle.priority = 9;
        enqueue(item("running", "k", 1));
        Task running = lease("g", 9).get(0);
        for (Item item : List.of(idle, late)) {
            item.priority = Math.max(item.priority, 5);
            enqueue(item);
        }
        Item middle = item("middle", "k", 1);
        middle.priority = 5;
        enqueue(middle, urgent);
        harness.advance(1_000);
        harness.run();
        List<String> order = new ArrayList<>();
        for (Task task = running; task != null; ) {
            order.add(task.id());
            client.succeed(task, "");
            List<Task> next = lease("g", 9);
            assertThat(next).hasSizeLessThan(2);
            task = next.isEmpty() ? null : next.get(0);
        }
        assertThat(order).containsExactly("running", "urgent", "middle", "late", "idle");
    }

    /** A candidate that no worker has taken yet makes way for what comes before it. */
    @Test
    void shouldLetAMoreUrgentJobGoFirstThatCameLater() {
        List<Item> first = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Item item = item("j" + i, "k", 1);
            item.priority = 50;
            first.add(item);
        }
        enqueue(first.toArray(new Item[0]));
        Item urgent = item("urgent", "k", 1);
        enqueue(urgent);
        assertThat(ids("g")).containsExactly("urgent");
    }

    @Test
    void shouldJudgeEachByItsOwnMaximum() {
        enqueue(item("a", "k", 5), item("b", "k", 2), item("c", "k", 1), item("d", "k", 5));
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("a", "b");
        // c waits for all to end, and d behind it.
        client.succeed(running.get(0), "");
        assertThat(ids("g")).isEmpty();
        client.succeed(running.get(1), "");
        List<Task> alone = lease("g", 9);
        assertThat(alone).extracting(Task::id).containsExactly("c", "d");
    }

    /** A job that comes back to an earlier place is not overtaken by those that were next meanwhile. */
    @Test
    void shouldLetAReturnedJobGoFirstAgain() {
        enqueue(item("first", "k", 1), item("wide", "k", 3));
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("first", "wide");
        enqueue(item("third", "k", 3));
        client.giveBack("w", running.get(0));
        // The first has to wait until the other ends, and the third behind it.
        assertThat(ids("g")).isEmpty();
        client.succeed(running.get(1), "");
        assertThat(ids("g")).containsExactly("first", "third");
    }

    @Test
    void shouldNeverRunAJobWithAMaximumOfZeroAndLetOthersPass() {
        enqueue(item("never", "k", 0), item("other", "k", 1));
        assertThat(ids("g")).containsExactly("other");
        harness.advance(60_000);
        harness.run();
        assertThat(ids("g")).isEmpty();
        assertThat(verbs.cancel("never")).isEqualTo("OK");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldTakeAllSlotsOfAJobOrNone() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        enqueue(item("hold b", "b", 1));
        Task holder = lease("g", 9).get(0);
        enqueue(both, item("only a", "a", 1));
        // What waits for b holds nothing of a.
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("only a");
        client.succeed(holder, "");
        assertThat(ids("g")).isEmpty();
        client.succeed(running.get(0), "");
        assertThat(ids("g")).containsExactly("both");
    }

    @Test
    void shouldGoOnWithOppositeOrdersOfTwoLimits() {
        for (int i = 0; i < 50; i++) {
            Item one = item("ab" + i, "a", 1);
            one.limits.put("b", 1);
            Item other = item("ba" + i, "b", 1);
            other.limits.put("a", 1);
            enqueue(one, other);
        }
        int ran = 0;
        for (List<Task> tasks = lease("g", 9); !tasks.isEmpty(); tasks = lease("g", 9)) {
            assertThat(tasks).hasSize(1);
            client.succeed(tasks.get(0), "");
            ran++;
        }
        assertThat(ran).isEqualTo(100);
    }

    /** Two streams keep one of the two limits busy at any time; the job that needs both is passed over, but not for ever. */
    @Test
    void shouldNotStarveAJobThatNeedsTwoBusyLimits() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        enqueue(item("a0", "a", 1), item("b0", "b", 1));
        List<Task> running = new ArrayList<>(lease("g", 2));
        enqueue(both);
        int rounds = 0;
        boolean ran = false;
        while (!ran) {
            assertThat(++rounds).as("rounds until the job ran").isLessThan(100);
            // The next of the same limit is there before the one that runs ends.
            Task ends = running.remove(0);
            String key = ends.id().substring(0, 1);
            enqueue(item(key + rounds, key, 1));
            client.succeed(ends, "");
            for (Task task : lease("g", 9)) {
                ran |= task.id().equals("both");
                running.add(task);
            }
        }
        assertThat(running.stream().filter(task -> !task.id().equals("both"))).isEmpty();
    }

    /** The same, and the streams have room for two where the job that needs both allows for none beside it. */
    @Test
    void shouldNotStarveAJobWithASmallerMaximumThanOthers() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        enqueue(item("a0", "a", 2), item("b0", "b", 2), item("a00", "a", 2), item("b00", "b", 2));
        List<Task> running = new ArrayList<>(lease("g", 9));
        enqueue(both);
        int rounds = 0;
        boolean ran = false;
        while (!ran) {
            assertThat(++rounds).as("rounds until the job ran").isLessThan(200);
            Task ends = running.remove(0);
            String key = ends.id().substring(0, 1);
            enqueue(item(key + "-" + rounds, key, 2));
            client.succeed(ends, "");
            for (Task task : lease("g", 9)) {
                ran |= task.id().equals("both");
                running.add(task);
            }
        }
        // Once it has its slots, others are judged by their own maximum again.
        assertThat(running.get(0).id()).isEqualTo("both");
    }

    @Test
    void shouldEndAReservationThatComesToNothing() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        enqueue(item("a0", "a", 1), item("b0", "b", 1));
        List<Task> running = new ArrayList<>(lease("g", 2));
        Task forever = running.remove(1);
        enqueue(both);
        for (int i = 1; i < 100; i++) {
            enqueue(item("a" + i, "a", 1));
            client.succeed(running.remove(0), "");
            running.addAll(lease("g", 9));
            if (running.isEmpty()) {
                // Kept for the job that needs b too, but not for long.
                harness.advance(5_000);
                client.heartbeat("w", forever);
                harness.advance(5_000);
                harness.run();
                running.addAll(lease("g", 9));
            }
            client.heartbeat("w", forever);
            assertThat(running).hasSize(1);
        }
    }

    @Test
    void shouldHoldNothingForAFutureJob() {
        Item future = item("future", "k", 1);
        future.startAtMs = harness.wallMs + 1_000;
        enqueue(future, item("now", "k", 1));
        Task now = lease("g", 9).get(0);
        assertThat(now.id()).isEqualTo("now");
        harness.advance(2_000);
        harness.run();
        assertThat(ids("g")).isEmpty();
        client.succeed(now, "");
        assertThat(ids("g")).containsExactly("future");
    }

    /** A task group without workers keeps no slot from one that has some. */
    @Test
    void shouldHoldNothingForATaskGroupWithoutWorkers() {
        Item orphan = item("orphan", "k", 1);
        orphan.taskGroup = "nobody";
        enqueue(orphan, item("a", "k", 1), item("b", "k", 1));
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("a");
        client.succeed(running.get(0), "");
        running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("b");
        assertThat(ids("nobody")).isEmpty();
        client.succeed(running.get(0), "");
        assertThat(ids("nobody")).containsExactly("orphan");
    }

    @Test
    void shouldKeepLimitsOfTenantsApart() {
        Item one = item("one", "k", 1);
        one.tenant = "t1";
        Item other = item("other", "k", 1);
        other.tenant = "t2";
        enqueue(one, other, item("third", "k", 1));
        assertThat(ids("g")).containsExactlyInAnyOrder("one", "other", "third");
    }

    @Test
    void shouldPushToASubscriberWhenASlotIsFree() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        client.subscribe(1, "p", "g", 10);
        List<Task> pushed = client.pushed();
        assertThat(pushed).extracting(Task::id).containsExactly("a");
        client.succeed(pushed.get(0), "");
        assertThat(client.pushed()).extracting(Task::id).containsExactly("b");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldWakeAWaitingCallWhenASlotIsFree() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        Task running = lease("g", 9).get(0);
        long waiting = client.sendLease("w2", "g", 1, 20_000, 0);
        harness.run();
        assertThat(harness.replies).isEmpty();
        client.succeed(running, "");
        assertThat(client.reply(waiting, TestClient::tasks))
                .extracting(Task::id)
                .containsExactly("b");
    }

    // [SILO-LIMIT-2]
    @Test
    void shouldLeaseByIdPastTheLimitAndHoldNothing() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        Task running = lease("g", 9).get(0);
        Task named = verbs.lease("b", "operator", 0);
        assertThat(named).isNotNull();
        assertThat(ids("g")).isEmpty();
        client.succeed(named, "");
        assertThat(ids("g")).isEmpty();
        client.succeed(running, "");
        assertThat(ids("g")).containsExactly("c");
    }

    @Test
    void shouldPassThroughItsLimitsAgainAfterARestart() {
        enqueue(item("a", "k", 1));
        client.fail(lease("g", 9).get(0), "E");
        enqueue(item("b", "k", 1));
        Task b = lease("g", 9).get(0);
        assertThat(verbs.restart("a")).isEqualTo("OK");
        assertThat(ids("g")).isEmpty();
        client.succeed(b, "");
        assertThat(ids("g")).containsExactly("a");
    }

    @Test
    void shouldForgetLimitsThatNoJobNames() {
        for (int i = 0; i < 10; i++) {
            enqueue(item("j" + i, "k" + i, 1));
        }
        for (Task task : lease("g", 100)) {
            client.succeed(task, "");
        }
        for (int i = 0; i < 10; i++) {
            assertThat(verbs.delete("j" + i)).isEqualTo("OK");
        }
        harness.run();
        assertThat(harness.shard.view().limitCount()).isZero();
        harness.shard.checkInvariants();
    }

    @Test
    void shouldHoldTheSameSlotsAfterARestart() {
        for (int i = 0; i < 6; i++) {
            enqueue(item("j" + i, "k", 2));
        }
        List<Task> running = lease("g", 9);
        long digest = harness.shard.view().digest();
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(ids("g")).isEmpty();
        client.succeed(running.get(0), "");
        assertThat(ids("g")).containsExactly("j2");
    }

    @Test
    void shouldHoldTheSameSlotsAfterATrimmedLog() {
        harness = new ShardHarness(1, harness.settings, 192 * 1024);
        client = new TestClient(harness, 1);
        verbs = new TestVerbs(client);
        enqueue(item("running", "k", 1), item("waiting", "k", 1));
        Task running = lease("g", 9).get(0);
        for (int i = 0; harness.log.firstPosition() < 10; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.taskGroup = "filler";
            filler.payload = new byte[20_000];
            client.enqueue(filler);
            harness.shard.carryOldestCycle();
            client.heartbeat("w", running);
            harness.advance(60);
            harness.run();
        }
        long digest = harness.shard.view().digest();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        client = new TestClient(harness, 2);
        assertThat(ids("g")).isEmpty();
        client.succeed(running, "");
        assertThat(ids("g")).containsExactly("waiting");
    }

    @Test
    void shouldLetAPausedTenantKeepWhatItHoldsAndTakeNothing() {
        Item one = item("one", "k", 1);
        one.tenant = "t1";
        Item next = item("next", "k", 1);
        next.tenant = "t1";
        enqueue(one, next);
        Task running = lease("g", 9).get(0);
        verbs.setPaused(PauseKind.TENANT, "t1", true);
        client.tenant = "";
        client.succeed(running, "");
        assertThat(ids("g")).isEmpty();
        verbs.setPaused(PauseKind.TENANT, "t1", false);
        assertThat(ids("g")).containsExactly("next");
    }

    @Test
    void shouldRefuseTooManyLimitsAndKeysThatAreNone() {
        Item many = new Item("many");
        for (int i = 0; i < 17; i++) {
            many.limits.put("k" + i, 1);
        }
        assertThat(client.enqueue(many)).containsExactly(RejectReason.INVALID_JOB_LIMIT.code());
        for (String key : List.of("", "k".repeat(257), "a\u0007")) {
            assertThat(client.enqueue(item("j", key, 1))).containsExactly(RejectReason.INVALID_JOB_LIMIT.code());
        }
        assertThat(client.enqueue(item("j", "k".repeat(256), 1))).containsExactly(RejectReason.OK);
        many.limits.remove("k16");
        assertThat(client.enqueue(many)).containsExactly(RejectReason.OK);
        assertThat(ids("g")).containsExactly("j", "many");
    }
}
