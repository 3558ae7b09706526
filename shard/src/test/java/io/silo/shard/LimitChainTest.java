package io.silo.shard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs with several limits of all kinds, in any order: nothing is hoarded, nobody waits for ever. */
class LimitChainTest {
    private static final long HOUR_MS = 3_600_000;
    private static final int RUN_MS = 100;

    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);

    /** A job whose limits follow. */
    private static Item item(String id) {
        Item item = new Item(id);
        item.leaseMs = (int) (10 * HOUR_MS);
        return item;
    }

    private static Item slot(Item item, String key, int max) {
        item.chain.add(limit -> limit.maxConcurrency(max).key(key).putDetails(new byte[0], 0, 0));
        return item;
    }

    private static Item hit(Item item, TestRate rate) {
        item.chain.add(rate::encode);
        return item;
    }

    private static Item floating(Item item, String key, int max) {
        item.chain.add(new TestFloating(key, max, 200)::encode);
        return item;
    }

    /** Of both kinds, in one order or the other. */
    private static Item both(String id, boolean isSlotFirst, String key, TestRate rate) {
        return isSlotFirst ? hit(slot(item(id), key, 1), rate) : slot(hit(item(id), rate), key, 1);
    }

    private static TestRate rate(String key, long hitsMax, long durationMs) {
        return new TestRate("api", key, hitsMax, durationMs);
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

    private void pass(long ms) {
        harness.advance(ms);
        harness.run();
    }

    // ---- all of it at random

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldFinishAllJobsWhateverTheOrderOfTheirLimits(long seed) {
        // given
        Random random = new Random(seed);
        Map<String, Map<String, Integer>> slots = new HashMap<>();
        int jobs = 120;
        for (int i = 0; i < jobs; i++) {
            Item item = item("j" + i);
            item.taskGroup = random.nextInt(3) == 0 ? "other" : "g";
            item.retryCount = random.nextInt(2);
            item.retryInitialMs = 50;
            slots.put(item.id, draw(item, random));
            enqueue(item);
        }

        // when
        List<Task> running = new ArrayList<>();
        int ended = 0;
        for (int round = 0; ended < jobs; round++) {
            assertThat(round).as("rounds until all have run, seed %d", seed).isLessThan(4_000);
            for (String group : List.of("g", "other")) {
                for (Task task : lease(group, 1 + random.nextInt(4))) {
                    running.add(task);
                    checkMaxima(slots, running, task);
                }
            }
            Collections.shuffle(running, random);
            for (int ends = random.nextInt(4); ends > 0 && !running.isEmpty(); ends--) {
                end(running.remove(running.size() - 1), random);
            }
            pass(random.nextInt(100));
            if (round % 10 == 0) {
                ended = (int) slots.keySet().stream().filter(this::hasEnded).count();
            }
        }

        // then
        assertThat(running).isEmpty();
    }

    private boolean hasEnded(String id) {
        return List.of("SUCCEEDED", "FAILED").contains(client.get(id).status());
    }

    /** One to four of three keys and three buckets. Returns the slots. */
    private static Map<String, Integer> draw(Item item, Random random) {
        List<Integer> all = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5));
        Collections.shuffle(all, random);
        Map<String, Integer> slots = new HashMap<>();
        for (int which : all.subList(0, 1 + random.nextInt(4))) {
            if (which < 3) {
                // k2 is a floating limit: nobody finds it out, so that its default counts.
                int max = 1 + random.nextInt(3);
                slots.put("k" + which, max);
                if (which == 2) {
                    floating(item, "k2", max);
                } else {
                    slot(item, "k" + which, max);
                }
            } else {
                TestRate rate = rate("r" + which, 4, 400);
                rate.leaky = which == 5;
                rate.hits = 1L + random.nextInt(2);
                hit(item, rate);
            }
        }
        return slots;
    }

    private static void checkMaxima(Map<String, Map<String, Integer>> slots, List<Task> running, Task task) {
        Map<String, Integer> maxima = slots.getOrDefault(task.id(), Map.of());
        maxima.forEach((key, max) -> assertThat(running.stream()
                        .filter(other ->
                                slots.getOrDefault(other.id(), Map.of()).containsKey(key)))
                .as("jobs that run under %s with %s", key, task.id())
                .hasSizeLessThanOrEqualTo(max));
    }

    /** Opposite orders of three kinds of limits, of which one is found out again and again, 0 too. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void shouldFinishAllJobsWhateverIsFoundOutOnTheWay(long seed) {
        // given
        Random random = new Random(seed);
        TestRate rate = rate("r", 9, 500);
        for (int i = 0; i < 60; i++) {
            Item there = floating(hit(slot(item("there" + i), "k", 3), rate), "f", 1);
            Item back = slot(hit(floating(item("back" + i), "f", 1), rate), "k", 3);
            there.taskGroup = i % 2 == 0 ? "g" : "other";
            enqueue(there, back);
        }

        // when
        List<Task> running = new ArrayList<>();
        int ended = 0;
        int found = 1;
        int reports = 0;
        for (int round = 0; ended < 120; round++) {
            assertThat(round).as("rounds until all have run, seed %d", seed).isLessThan(4_000);
            for (String group : List.of("g", "other")) {
                for (TestFloating.Refresh refresh : TestFloating.lease(client, group, 4)) {
                    found = random.nextInt(3);
                    reports++;
                    assertThat(TestFloating.report(client, refresh, found)).isZero();
                }
                List<Task> more = lease(group, 3);
                running.addAll(more);
                assertThat(more.isEmpty() ? 0 : running.size())
                        .as("jobs that run when some start, seed %d", seed)
                        .isLessThanOrEqualTo(found);
            }
            while (!running.isEmpty() && random.nextInt(3) > 0) {
                client.succeed(running.remove(0), "");
                ended++;
            }
            pass(random.nextInt(300));
        }

        // then
        assertThat(reports).isGreaterThan(3);
        assertThat(new TestLimits(client).list(10)).allMatch(limit -> limit.endsWith(" 0 0"));
    }

    private void end(Task task, Random random) {
        switch (random.nextInt(4)) {
            case 0 -> client.fail(task, "E");
            case 1 -> client.giveBack("w", task);
            default -> client.succeed(task, "");
        }
    }

    // ---- nothing is hoarded

    /** Either order: what waits for an empty bucket leaves the slot to others, however often they pass it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldHoardNoSlotWhileABucketIsEmpty(boolean isSlotFirst) {
        TestRate rare = rate("rare", 1, 10 * HOUR_MS);
        enqueue(hit(item("first"), rare));
        assertThat(ids("g")).containsExactly("first");
        enqueue(both("blocked", isSlotFirst, "k", rare));
        assertThat(idleMs("g", 600_000, id -> slot(item(id), "k", 1))).isZero();
    }

    /** Either order: what waits for a slot spends no hit. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSpendNoHitWhileASlotIsTaken(boolean isSlotFirst) {
        TestRate rate = rate("r", 2, 1_000);
        enqueue(slot(item("holder"), "k", 1));
        assertThat(ids("g")).containsExactly("holder");
        enqueue(both("blocked", isSlotFirst, "k", rate));
        int started = 0;
        for (int i = 0; i < 100; i++) {
            enqueue(hit(item("a" + i), rate), hit(item("b" + i), rate));
            started += ids("g").size();
            pass(1_000);
        }
        assertThat(started).isEqualTo(200);
    }

    /** Nobody takes the tasks of a group: neither slots nor hits are kept for them. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldHoardNothingForATaskGroupWithoutWorkers(boolean isSlotFirst) {
        TestRate rate = rate("r", 10, 1_000);
        for (int i = 0; i < 20; i++) {
            Item orphan = both("orphan" + i, isSlotFirst, "k", rate);
            orphan.taskGroup = "nobody";
            enqueue(orphan);
        }
        assertThat(idleMs("g", 600_000, id -> both(id, !isSlotFirst, "k", rate)))
                .isZero();
        assertThat(ids("nobody")).isNotEmpty();
    }

    /** How long a worker was idle though a job of its group waited, of so much time; each job runs for {@value #RUN_MS} ms. */
    private long idleMs(String group, long ms, Function<String, Item> next) {
        long idleMs = 0;
        int made = 0;
        enqueue(next.apply("n" + made++));
        for (long t = 0; t < ms; t += RUN_MS) {
            List<Task> tasks = client.lease("w", group, 1, 0);
            if (tasks.isEmpty()) {
                idleMs += RUN_MS;
                pass(RUN_MS);
            } else {
                // The next one waits before this one ends.
                enqueue(next.apply("n" + made++));
                pass(RUN_MS);
                client.succeed(tasks.get(0), "");
            }
        }
        harness.shard.checkInvariants();
        return idleMs;
    }

    // ---- nobody starves

    /**
     * The slot is given back when there is no hit, and the hit comes when the slot is taken; others are there for each of them at once. So
     * the job never finds both, unless one of them is kept for it.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldNotStarveAJobThatNeverFindsASlotAndAHitAtOnce(boolean isSlotFirst) {
        TestRate rate = rate("r", 1, 1_000);
        enqueue(slot(item("s"), "k", 1), hit(item("h"), rate));
        Map<String, Task> running = new HashMap<>();
        boolean ran = note(lease("g", 9), running);
        enqueue(both("both", isSlotFirst, "k", rate));
        for (int round = 1; !ran; round++) {
            assertThat(round).as("rounds until the job ran").isLessThan(200);
            enqueue(slot(item("s" + round), "k", 1), hit(item("h" + round), rate));
            pass(500);
            end("s", running);
            ran = note(lease("g", 9), running);
            pass(500);
            end("h", running);
            ran |= note(lease("g", 9), running);
        }
    }

    /** Tasks by the first letter of their ids. Returns whether the job with both limits is among them. */
    private static boolean note(List<Task> tasks, Map<String, Task> running) {
        tasks.forEach(task -> assertThat(running.put(task.id().substring(0, 1), task))
                .as("beside " + task.id())
                .isNull());
        return running.containsKey("b");
    }

    private void end(String letter, Map<String, Task> running) {
        Task task = running.remove(letter);
        if (task != null) {
            client.succeed(task, "");
        }
    }

    // ---- what a chain may be

    /** One key named twice is one limit, by the smaller maximum, wherever it stands. */
    @Test
    void shouldTakeOneSlotOfAKeyThatIsNamedTwice() {
        enqueue(slot(slot(slot(item("a"), "k", 3), "other", 5), "k", 2));
        enqueue(slot(slot(item("b"), "k", 2), "k", 3), slot(slot(item("c"), "k", 2), "k", 3));
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("a", "b");
        client.succeed(running.get(0), "");
        assertThat(ids("g")).containsExactly("c");
    }

    @Test
    void shouldKeepAKeyAndABucketOfOneNameApart() {
        enqueue(slot(hit(item("a"), rate("k", 1, HOUR_MS)), "k", 2));
        enqueue(slot(item("b"), "k", 2), slot(item("c"), "k", 2));
        assertThat(ids("g")).containsExactly("a", "b");
    }

    @Test
    void shouldTakeAsManyLimitsOfBothKindsAsAJobMayName() {
        Item most = item("most");
        for (int i = 0; i < Bounds.LIMITS_MAX; i++) {
            Item item = i % 2 == 0 ? slot(most, "k" + i, 1) : hit(most, rate("r" + i, 1, HOUR_MS));
            assertThat(item).isSameAs(most);
        }
        enqueue(most);
        assertThat(ids("g")).containsExactly("most");
        assertThat(harness.shard.view().rates().count()).isEqualTo(Bounds.LIMITS_MAX / 2);
        Item more = item("more");
        for (int i = 0; i < Bounds.LIMITS_MAX; i++) {
            hit(more, rate("r" + i, 1, HOUR_MS));
        }
        assertThat(client.enqueue(slot(more, "one more", 1))).containsExactly(RejectReason.INVALID_JOB_LIMIT.code());
    }

    /** Details that are no kind of limit are refused, and not taken for a concurrency limit. */
    @Test
    void shouldRefuseALimitOfNoKind() {
        for (byte[] details : List.of(new byte[] {1}, new byte[200], "{\"rate\": 1}".getBytes(UTF_8))) {
            Item odd = item("odd");
            odd.chain.add(limit -> limit.maxConcurrency(1).key("k").putDetails(details, 0, details.length));
            assertThat(client.enqueue(odd)).containsExactly(RejectReason.INVALID_RATE_LIMIT.code());
        }
        assertThat(client.get("odd").code()).isEqualTo(RejectReason.JOB_NOT_FOUND.code());
    }
}
