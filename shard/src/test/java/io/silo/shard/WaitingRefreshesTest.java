package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestFloating.Refresh;
import io.silo.shard.command.ShardSettings;
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

    private final ShardHarness harness = new ShardHarness(1, List.of(ShardSettings.whole(0)), 64 << 20, setUp -> {});
    private final TestClient client = new TestClient(harness, 1);

    /** Jobs of which none may run before its limit was found out. */
    private void queueFloating() {
        for (int i = 0; i < LIMITS; i++) {
            Item item = new Item("f" + i);
            TestFloating floating = new TestFloating("k" + i, 0, INTERVAL_MS);
            floating.metadata.put("m", "x".repeat(METADATA_BYTES));
            item.floating.add(floating);
            client.sendEnqueue(item);
        }
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

    /** One duty cycle tells some calls of refreshes and has no room for the others; those come again. */
    private void shouldTellAll(List<Long> calls) {
        harness.agent.doWork();
        assertThat(harness.failures).isEmpty();
        assertThat(harness.shard.counters().get(Figure.COMMANDS_PUT_OFF)).isZero();
        harness.shard.checkInvariants();
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
        for (int i = 0; i < refused; i++) {
            TestFloating.lease(client, "g", 1).forEach(refresh -> told.add(refresh.key()));
        }
        assertThat(told).hasSize(LIMITS);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldTellNoMoreRefreshesThanFindRoom() {
        List<Long> calls = awaitRefreshes(20_000);
        queueFloating();
        queueLongReplies();
        shouldTellAll(calls);
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
        shouldTellAll(calls);
    }
}
