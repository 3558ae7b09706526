package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestFloating.Refresh;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.state.Refreshes;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Calls that wait for floating limits to find out, and the room for what they are told. */
class WaitingRefreshesTest {
    /** As many floating limits as are offered in one duty cycle, each with much to tell. */
    private static final int LIMITS = TimedCommands.REFRESHES_PER_CYCLE;

    private static final int METADATA_BYTES = 60_000;
    private static final int INTERVAL_MS = 4_000;

    /** Leases with long payloads that leave room for another reply, but not for all that the calls are told. */
    private static final int LONG_REPLIES =
            (ShardContext.PARKED_BYTES_MAX_DEFAULT - ParkedReplies.RESERVED_BYTES) / (Bounds.INLINE_BYTES_MAX + 1_024);

    /** Takes all new jobs in one duty cycle, so that their replies fill the room at once. */
    private final ShardHarness harness = new ShardHarness(
            1,
            List.of(ShardSettings.whole(0)),
            64 << 20,
            setUp -> setUp.bounds = new ThreadBounds(3_600_000, Integer.MAX_VALUE, Long.MAX_VALUE));

    private final TestClient client = new TestClient(harness, 1);

    /** A job that may not run before its limit was found out. */
    private static Item floating(int i, int metadataBytes) {
        Item item = new Item("f" + i);
        TestFloating floating = new TestFloating("k" + i, 0, INTERVAL_MS);
        floating.metadata.put("m", "x".repeat(metadataBytes));
        item.floating.add(floating);
        return item;
    }

    private void queueFloating() {
        for (int i = 0; i < LIMITS; i++) {
            client.sendEnqueue(floating(i, METADATA_BYTES));
        }
    }

    private void enqueue(Item item) {
        assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        harness.shard.checkInvariants();
    }

    private List<String> told(long call) {
        return client.reply(call, TestFloating::refreshes).stream()
                .map(Refresh::key)
                .toList();
    }

    private long await(String tenant) {
        client.tenant = tenant;
        return TestFloating.sendLease(client, "g", 1, 20_000);
    }

    private List<Long> awaitRefreshes(long waitMs) {
        List<Long> calls = new ArrayList<>();
        for (int i = 0; i < LIMITS; i++) {
            calls.add(TestFloating.sendLease(client, "g", 1, waitMs));
        }
        assertThat(harness.take().size()).as("calls that did not wait").isZero();
        return calls;
    }

    /** Replies of the next duty cycle that take nearly all room. */
    private void queueLongReplies() {
        for (int i = 0; i < LONG_REPLIES; i++) {
            Item item = new Item("long" + i);
            item.taskGroup = "long";
            item.payload = new byte[Bounds.INLINE_BYTES_MAX];
            client.sendEnqueue(item);
            client.sendLease("w", "long", 1, 0, 0);
        }
    }

    private void fillRoom() {
        harness.agent.doWork();
        assertThat(harness.failures).isEmpty();
        assertThat(harness.shard.counters().get(Figure.COMMANDS_PUT_OFF)).isZero();
        harness.shard.checkInvariants();
    }

    @Test
    void shouldTellNoMoreRefreshesThanFindRoomAndTheOthersLater() {
        List<Long> calls = awaitRefreshes(20_000);
        queueFloating();
        queueLongReplies();
        fillRoom();
        assertThat(calls.stream().filter(client::hasReply).count()).isBetween(1L, LIMITS - 1L);
        harness.run();
        harness.shard.checkInvariants();
        Set<String> told = new HashSet<>();
        calls.forEach(call -> told.addAll(told(call)));
        assertThat(told).hasSize(LIMITS);
    }

    @Test
    void shouldTellNoMoreRefreshesThanFindRoomWhenTheTimeOfCallsIsOver() {
        queueFloating();
        harness.run();
        for (int i = 0; i < LIMITS; i++) {
            Refresh refresh = TestFloating.lease(client, "g", 1).get(0);
            assertThat(TestFloating.report(client, refresh, 0)).isZero();
        }
        harness.take();
        List<Long> calls = awaitRefreshes(INTERVAL_MS);
        harness.advance(INTERVAL_MS);
        queueLongReplies();
        fillRoom();
        Set<String> told = new HashSet<>();
        int refused = 0;
        for (long call : calls) {
            ShardHarness.Reply reply = client.reply(call, r -> r);
            if (TestClient.code(reply) == RejectReason.BUSY.code()) {
                refused++;
            } else {
                TestFloating.refreshes(reply).forEach(refresh -> told.add(refresh.key()));
            }
        }
        assertThat(refused).isBetween(1, LIMITS - 1);
        assertThat(told).hasSize(LIMITS - refused);
        // What was not told was not leased: who comes again gets it.
        for (int i = 0; i < refused; i++) {
            TestFloating.lease(client, "g", 1).forEach(refresh -> told.add(refresh.key()));
        }
        assertThat(told).hasSize(LIMITS);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldAnswerAsManyCallsAsThereAreRefreshesInOrderOfArrival() {
        long first = await("");
        long second = await("");
        long third = await("");
        client.sendEnqueue(floating(1, 1));
        client.sendEnqueue(floating(2, 1));
        harness.run();
        assertThat(told(first)).containsExactly("k1");
        assertThat(told(second)).containsExactly("k2");
        assertThat(client.hasReply(third)).isFalse();
        enqueue(floating(3, 1));
        assertThat(told(third)).containsExactly("k3");
    }

    @Test
    void shouldKeepTheOrderOfCallsThatMayNotSeeWhatIsOffered() {
        long first = await("b");
        long other = await("a");
        long second = await("b");
        Item ofA = floating(1, 1);
        ofA.tenant = "a";
        Item ofB = floating(2, 1);
        ofB.tenant = "b";
        enqueue(ofA);
        assertThat(told(other)).containsExactly("k1");
        assertThat(harness.replies).isEmpty();
        enqueue(ofB);
        assertThat(told(first)).containsExactly("k2");
        assertThat(client.hasReply(second)).isFalse();
    }

    /** Each call that is decided again and kept again would cost some hundred bytes. */
    @Test
    void shouldNotDisturbTheOtherCallsOfAGroup() {
        List<Long> calls = new ArrayList<>();
        for (int i = 0; i < KeyedWaiters.WAITERS_MAX; i++) {
            calls.add(TestFloating.queueLease(client, "g", 1, 20_000));
        }
        harness.run();
        long beyond = TestFloating.sendLease(client, "g", 1, 20_000);
        assertThat(client.<Integer>reply(beyond, TestClient::code))
                .isEqualTo(RejectReason.TOO_MANY_SUBSCRIPTIONS.code());
        long bytes = Allocations.bytesDuring(() -> enqueue(floating(1, 1)));
        assertThat(told(calls.get(0))).containsExactly("k1");
        assertThat(harness.replies).isEmpty();
        assertThat(bytes).isLessThan(64L * KeyedWaiters.WAITERS_MAX);
    }

    @Test
    void shouldAnswerACallOnceOneMoreRefreshMayBeLeased() {
        for (int i = 0; i <= Refreshes.LEASES_MAX; i++) {
            client.sendEnqueue(floating(i, 1));
        }
        harness.run();
        harness.take();
        List<Refresh> leased = new ArrayList<>();
        while (leased.size() < Refreshes.LEASES_MAX) {
            leased.addAll(TestFloating.lease(client, "g", Bounds.REFRESHES_PER_CALL_MAX));
        }
        long call = await("");
        assertThat(client.hasReply(call)).isFalse();
        assertThat(TestFloating.report(client, leased.get(0), 0)).isZero();
        assertThat(told(call)).containsExactly("k" + Refreshes.LEASES_MAX);
    }
}
