package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestFloating.Refresh;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Floating limits: what workers find out, when they are asked, and what becomes of what they answer. */
class FloatingLimitTest {
    private static final long START_MS = 1_000_000;

    /** Longer than any test. */
    private static final int LEASE_MS = 3_600_000;

    /** When the lease of a refresh is over for sure. */
    private static final long LEASE_OVER_MS = 10_001;

    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);
    private TestLimits limits = new TestLimits(client);
    private TestVerbs verbs = new TestVerbs(client);

    private void reconnect(long session) {
        client = new TestClient(harness, session);
        limits = new TestLimits(client);
        verbs = new TestVerbs(client);
    }

    private void restart(long session) {
        harness.kill();
        reconnect(session);
        harness.run();
        harness.shard.checkInvariants();
    }

    private static Item item(String id, String key, int max) {
        Item item = new Item(id);
        item.floating.add(new TestFloating(key, max, 60_000));
        item.leaseMs = LEASE_MS;
        return item;
    }

    private void enqueue(Item... items) {
        for (Item item : items) {
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
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

    private List<Refresh> refreshes(String group) {
        harness.run();
        List<Refresh> all = TestFloating.lease(client, group, 10);
        harness.shard.checkInvariants();
        return all;
    }

    private Refresh refresh(String group) {
        List<Refresh> all = refreshes(group);
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    /** The maximum in force for a job, and who says so. */
    private String max(String id) {
        return limits.explain(id, r -> r.limitMax() + " " + r.isMaxSet() + " " + r.isMaxFloating());
    }

    private void report(Refresh refresh, int max) {
        assertThat(TestFloating.report(client, refresh, max)).isZero();
        harness.shard.checkInvariants();
    }

    private void fail(Refresh refresh, String code) {
        assertThat(TestFloating.fail(client, refresh, code)).isZero();
        harness.shard.checkInvariants();
    }

    // ---- what counts
    // ------------------------------------------------------------------------------------------------------------

    // [FLOAT-2]
    @Test
    void shouldRunByTheDefaultUntilAWorkerFoundAnotherMaximumOut() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1), item("d", "k", 1));
        assertThat(ids("g")).containsExactly("a");
        report(refresh("g"), 3);
        assertThat(ids("g")).containsExactly("b", "c");
        assertThat(ids("g")).isEmpty();
        assertThat(TestFloating.show(client, "k")).isEqualTo("3 " + START_MS + " " + (START_MS + 60_000) + " 0");
    }

    // [FLOAT-6]
    @Test
    void shouldEvictNobodyWhenTheMaximumFalls() {
        enqueue(item("a", "k", 3), item("b", "k", 3), item("c", "k", 3), item("d", "k", 3), item("e", "k", 3));
        List<Task> running = new ArrayList<>(lease("g", 9));
        assertThat(running).hasSize(3);
        report(refresh("g"), 1);
        for (Task task : running) {
            assertThat(client.heartbeat("w", task)).isZero();
            assertThat(ids("g")).isEmpty();
            client.succeed(task, "");
        }
        assertThat(ids("g")).containsExactly("d");
    }

    /** Nothing new runs, but it is asked again, so that it may be raised. */
    @Test
    void shouldPauseAKeyOfWhichZeroWasFoundOut() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        Task running = lease("g", 9).get(0);
        report(refresh("g"), 0);
        client.succeed(running, "");
        assertThat(ids("g")).isEmpty();
        assertThat(refreshes("g")).isEmpty();
        harness.advance(60_000);
        report(refresh("g"), 1);
        assertThat(ids("g")).containsExactly("b");
    }

    @Test
    void shouldAskForAKeyWhoseDefaultIsZero() {
        enqueue(item("a", "k", 0), item("b", "k", 0));
        assertThat(ids("g")).isEmpty();
        report(refresh("g"), 1);
        assertThat(ids("g")).containsExactly("a");
    }

    /** A job that names the key as a fixed limit is judged by its own maximum, as ever. */
    @Test
    void shouldNotMoveFixedMaximaOfTheSameKey() {
        Item fixed = new Item("fixed");
        fixed.limits.put("k", 1);
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        Task running = lease("g", 9).get(0);
        report(refresh("g"), 2);
        assertThat(ids("g")).containsExactly("b");
        client.succeed(running, "");
        enqueue(fixed);
        assertThat(ids("g")).containsExactly("c");
        assertThat(max("fixed")).isEqualTo("1 0 0");
    }

    @Test
    void shouldLetTheMaximumThatAnOperatorSetWin() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        Task running = lease("g", 9).get(0);
        assertThat(limits.set("k", 1)).isZero();
        Refresh before = refresh("g");
        report(before, 9);
        assertThat(ids("g")).isEmpty();
        // What is set needs nobody who finds it out.
        harness.advance(60_000);
        assertThat(refreshes("g")).isEmpty();
        assertThat(limits.unset("k")).isZero();
        assertThat(ids("g")).containsExactly("b", "c");
        client.succeed(running, "");
    }

    // ---- when
    // ---------------------------------------------------------------------------------------------------------------

    // [FLOAT-4]
    @Test
    void shouldAskForNothingThatNobodyWaitsFor() {
        enqueue(item("a", "k", 2), item("b", "k", 2));
        assertThat(refreshes("g")).isEmpty();
        assertThat(ids("g")).containsExactly("a", "b");
        harness.advance(120_000);
        assertThat(refreshes("g")).isEmpty();
    }

    // [FLOAT-3]
    @Test
    void shouldAskAgainWhenTheIntervalIsOver() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        lease("g", 9);
        report(refresh("g"), 1);
        harness.advance(59_999);
        assertThat(refreshes("g")).isEmpty();
        harness.advance(1);
        Refresh again = refresh("g");
        assertThat(again.refreshedAtMs()).isEqualTo(START_MS);
        assertThat(again.max()).isEqualTo(1);
    }

    // [FLOAT-4]
    @Test
    void shouldAskOneWorkerAtATime() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        lease("g", 9);
        Refresh first = refresh("g");
        enqueue(item("d", "k", 1));
        assertThat(refreshes("g")).isEmpty();
        report(first, 1);
        assertThat(refreshes("g")).isEmpty();
    }

    // [FLOAT-7]
    @Test
    void shouldWaitLongerAfterEachFailureUpToAMinute() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        lease("g", 9);
        long[] waits = {1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000};
        for (int i = 0; i < waits.length; i++) {
            fail(refresh("g"), "E" + i);
            assertThat(TestFloating.show(client, "k"))
                    .isEqualTo("-1 0 " + (harness.wallMs + waits[i]) + " " + (i + 1) + " E" + i);
            harness.advance(waits[i] - 1);
            assertThat(refreshes("g")).isEmpty();
            harness.advance(1);
        }
        report(refresh("g"), 2);
        assertThat(TestFloating.show(client, "k"))
                .isEqualTo("2 " + harness.wallMs + " " + (harness.wallMs + 60_000) + " 0");
    }

    @Test
    void shouldKeepTheMaximumThroughFailures() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1), item("d", "k", 1));
        lease("g", 9);
        report(refresh("g"), 2);
        harness.advance(60_000);
        fail(refresh("g"), "DOWN");
        assertThat(ids("g")).hasSize(1);
        assertThat(TestFloating.show(client, "k")).startsWith("2 " + START_MS + " ");
    }

    // [FLOAT-9]
    @Test
    void shouldAskAnotherWhenALeaseIsOverAndCountNoFailure() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        lease("g", 9);
        Refresh lost = refresh("g");
        harness.advance(9_000);
        assertThat(TestFloating.renew(client, lost)).isZero();
        harness.advance(9_000);
        assertThat(refreshes("g")).isEmpty();
        harness.advance(1_001);
        Refresh again = refresh("g");
        assertThat(again.token()).isGreaterThan(lost.token());
        assertThat(TestFloating.report(client, lost, 9)).isEqualTo(RejectReason.LEASE_NOT_FOUND.code());
        assertThat(TestFloating.renew(client, lost)).isEqualTo(RejectReason.LEASE_NOT_FOUND.code());
        assertThat(ids("g")).isEmpty();
        report(again, 2);
        assertThat(TestFloating.report(client, again, 9)).isEqualTo(RejectReason.LEASE_NOT_FOUND.code());
    }

    @Test
    void shouldAskAnotherAtOnceWhenTheSessionIsClosed() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        lease("g", 9);
        TestClient other = new TestClient(harness, 2);
        assertThat(TestFloating.lease(other, "g", 1)).hasSize(1);
        assertThat(refreshes("g")).isEmpty();
        harness.agent.onSessionClosed(other.session, true);
        assertThat(refreshes("g")).hasSize(1);
    }

    @Test
    void shouldAnswerACallThatWaitsAsSoonAsSomethingIsDue() {
        long call = TestFloating.sendLease(client, "g", 1, 20_000);
        long late = TestFloating.sendLease(client, "g", 1, 5_000);
        enqueue(item("a", "k", 1), item("b", "k", 1));
        lease("g", 9);
        harness.run();
        assertThat(client.reply(call, TestFloating::refreshes))
                .extracting(Refresh::key)
                .containsExactly("k");
        harness.advance(5_001);
        assertThat(client.reply(late, TestFloating::refreshes)).isEmpty();
        harness.shard.checkInvariants();
    }

    private String figures() {
        return Stream.of(
                        Figure.FLOATING_LIMITS_DUE,
                        Figure.REFRESHES_LEASED,
                        Figure.REFRESHES_SUCCEEDED,
                        Figure.REFRESHES_FAILED)
                .map(figure -> String.valueOf(harness.shard.counters().get(figure)))
                .collect(Collectors.joining(" "));
    }

    @Test
    void shouldCountWhatIsDueLeasedAndReported() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "l", 0));
        lease("g", 9);
        harness.run();
        assertThat(figures()).isEqualTo("2 0 0 0");
        List<Refresh> both = refreshes("g");
        assertThat(figures()).isEqualTo("0 2 0 0");
        fail(both.get(0), "DOWN");
        report(both.get(1), 0);
        assertThat(TestFloating.report(client, both.get(1), 0)).isEqualTo(RejectReason.LEASE_NOT_FOUND.code());
        assertThat(figures()).isEqualTo("0 2 1 1");
        harness.pass(60_000);
        assertThat(figures()).isEqualTo("2 2 1 1");
        assertThat(refreshes("g")).hasSize(2);
        // Leases that nobody reports are over, and leave it due.
        harness.pass(LEASE_OVER_MS);
        assertThat(figures()).isEqualTo("2 4 1 1");
    }

    // ---- whom
    // ---------------------------------------------------------------------------------------------------------------

    /** A group without workers keeps a refresh from nobody, and who has no job that waits is not asked. */
    @Test
    void shouldAskAnyGroupThatHasAJobWaiting() {
        Item elsewhere = item("b", "k", 1);
        elsewhere.taskGroup = "h";
        enqueue(item("a", "k", 1), elsewhere, item("c", "k", 1));
        lease("g", 9);
        assertThat(ids("h")).isEmpty();
        assertThat(refreshes("other")).isEmpty();
        Refresh refresh = refresh("h");
        assertThat(refreshes("g")).isEmpty();
        report(refresh, 1);
        harness.advance(60_000);
        assertThat(refreshes("g")).hasSize(1);
        assertThat(refreshes("h")).isEmpty();
    }

    @Test
    void shouldTellWhatTheJobSaysOfItsLimit() {
        Item a = item("a", "k", 1);
        Item b = item("b", "k", 1);
        b.floating.get(0).metadata.put("api", "stripe");
        b.floating.get(0).metadata.put("zone", "eu");
        Item other = new Item("c");
        other.floating.add(new TestFloating("first", 9, 5));
        other.floating.add(new TestFloating("l", 0, 7));
        enqueue(a, b, other);
        lease("g", 9);
        List<Refresh> all = refreshes("g");
        assertThat(all).extracting(Refresh::key).containsExactlyInAnyOrder("k", "l");
        assertThat(all.stream().filter(r -> r.key().equals("k")).findFirst().orElseThrow())
                .satisfies(r -> {
                    assertThat(r.metadata()).isEqualTo(Map.of("api", "stripe", "zone", "eu"));
                    assertThat(r.max()).isEqualTo(1);
                    assertThat(r.refreshedAtMs()).isZero();
                    assertThat(r.tenant()).isEqualTo("-");
                });
    }

    // ---- what stays
    // -------------------------------------------------------------------------------------------------------------

    @Test
    void shouldKnowAfterARestartWhatWasFoundOut() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1), item("d", "k", 1));
        lease("g", 1);
        report(refresh("g"), 2);
        harness.advance(60_000);
        Refresh unreported = refresh("g");
        String known = TestFloating.show(client, "k");
        long digest = harness.shard.view().digest();
        restart(2);
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(TestFloating.show(client, "k")).isEqualTo(known);
        assertThat(TestFloating.report(client, unreported, 9)).isEqualTo(RejectReason.LEASE_NOT_FOUND.code());
        assertThat(ids("g")).containsExactly("b");
        // It is due, and nobody remembers who was asked.
        assertThat(refreshes("g")).hasSize(1);
    }

    @Test
    void shouldCarryWhatWasFoundOutIntoATrimmedLog() {
        harness = new ShardHarness(1, harness.settings, 192 * 1024);
        reconnect(1);
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        lease("g", 1);
        fail(refresh("g"), "DOWN");
        harness.advance(1_000);
        report(refresh("g"), 2);
        String known = TestFloating.show(client, "k");
        for (int i = 0; harness.log.firstPosition() < 10; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.taskGroup = "filler";
            filler.payload = new byte[20_000];
            enqueue(filler);
            harness.shard.carryOldestCycle();
            harness.advance(60);
        }
        long digest = harness.shard.view().digest();
        restart(2);
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(TestFloating.show(client, "k")).isEqualTo(known);
    }

    @Test
    void shouldKnowWhatWasFoundOutWhenNoJobNamesTheKeyAnyMore() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        Task running = lease("g", 9).get(0);
        Refresh refresh = refresh("g");
        client.succeed(running, "");
        client.succeed(lease("g", 9).get(0), "");
        verbs.delete("a");
        verbs.delete("b");
        report(refresh, 2);
        restart(2);
        assertThat(TestFloating.show(client, "k")).startsWith("2 ");
        enqueue(item("c", "k", 1), item("d", "k", 1), item("e", "k", 1));
        assertThat(ids("g")).containsExactly("c", "d");
    }

    @Test
    void shouldFindOutAnewWhatAnOperatorMadeItForget() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        report(refreshOfFirst(), 2);
        assertThat(limits.setFloating("k", -1)).isZero();
        assertThat(limits.changed).isTrue();
        assertThat(limits.setFloating("k", -1)).isZero();
        assertThat(limits.changed).isFalse();
        assertThat(ids("g")).isEmpty();
        assertThat(TestFloating.show(client, "k")).isEqualTo("-1 0 0 0");
        report(refresh("g"), 3);
        assertThat(ids("g")).containsExactly("b", "c");
    }

    private Refresh refreshOfFirst() {
        lease("g", 1);
        return refresh("g");
    }

    @Test
    void shouldTakeWhatAnOperatorFoundOutUntilTheNextRefresh() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1), item("d", "k", 1));
        lease("g", 1);
        assertThat(limits.setFloating("k", 2)).isZero();
        assertThat(ids("g")).containsExactly("b");
        assertThat(refreshes("g")).isEmpty();
        harness.advance(60_000);
        report(refresh("g"), 9);
        assertThat(ids("g")).containsExactly("c", "d");
    }

    // ---- bad input
    // --------------------------------------------------------------------------------------------------------------

    @Test
    void shouldRefuseNonsenseAndGoOnWaitingForAnAnswer() {
        enqueue(item("a", "k", 1), item("b", "k", 1));
        lease("g", 9);
        Refresh refresh = refresh("g");
        int nonsense = RejectReason.INVALID_FLOATING_LIMIT.code();
        assertThat(TestFloating.report(client, refresh, 1L << 31)).isEqualTo(nonsense);
        assertThat(TestFloating.fail(client, refresh, "")).isEqualTo(nonsense);
        assertThat(TestFloating.fail(client, refresh, "x".repeat(257))).isEqualTo(nonsense);
        assertThat(TestFloating.report(client, refresh, 1, false, "E")).isEqualTo(nonsense);
        report(refresh, 2);
    }

    @Test
    void shouldRefuseLimitsThatMakeNoSense() {
        Item negative = item("a", "k", 1);
        negative.floating.get(0).intervalMs = -1;
        Item huge = item("a", "k", 1);
        huge.floating.get(0).intervalMs = Long.MAX_VALUE;
        Item both = item("a", "k", 1);
        both.limits.put("k", 1);
        Item many = item("a", "k", 1);
        for (int i = 0; i < 17; i++) {
            many.floating.get(0).metadata.put("m" + i, "v");
        }
        Item longKey = item("a", "k", 1);
        longKey.floating.get(0).metadata.put("m".repeat(64), "v");
        for (Item item : List.of(negative, huge, both, many, longKey)) {
            assertThat(client.enqueue(item)).containsExactly(RejectReason.INVALID_FLOATING_LIMIT.code());
        }
        Item maximum = item("a", "k", -1);
        assertThat(client.enqueue(maximum)).containsExactly(RejectReason.INVALID_JOB_LIMIT.code());
    }

    /** One key named twice is one claim, by the smaller default. */
    @Test
    void shouldTakeTheSmallerOfTwoDefaults() {
        Item twice = item("a", "k", 3);
        twice.floating.add(new TestFloating("k", 1, 1_000));
        enqueue(item("x", "k", 3), twice);
        assertThat(ids("g")).containsExactly("x");
        assertThat(max("a")).isEqualTo("1 0 0");
        report(refresh("g"), 5);
        assertThat(ids("g")).containsExactly("a");
    }

    @Test
    void shouldExplainThatTheMaximumWasFoundOut() {
        enqueue(item("a", "k", 1), item("b", "k", 1), item("c", "k", 1));
        lease("g", 1);
        report(refresh("g"), 2);
        lease("g", 9);
        assertThat(max("c")).isEqualTo("2 0 1");
    }

    // ---- with other limits
    // --------------------------------------------------------------------------------------------------------

    // [FLOAT-10]
    @Test
    void shouldHoldNoFloatingSlotWhileAFixedLimitIsFull() {
        Item blocked = item("blocked", "k", 1);
        blocked.limits.put("fixed", 1);
        Item holder = new Item("holder");
        holder.limits.put("fixed", 1);
        enqueue(holder);
        Task running = lease("g", 1).get(0);
        enqueue(blocked, item("free", "k", 1));
        List<Task> free = lease("g", 9);
        assertThat(free).extracting(Task::id).containsExactly("free");
        client.succeed(running, "");
        assertThat(ids("g")).isEmpty();
        client.succeed(free.get(0), "");
        Task last = lease("g", 9).get(0);
        assertThat(last.id()).isEqualTo("blocked");
        client.succeed(last, "");
        assertThat(limits.list(10)).isEmpty();
    }
}
