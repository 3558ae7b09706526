package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ColdReads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Long polls, subscriptions and calls that wait for a result, side by side and up to their bounds. */
class WaitingCallsTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);

    /** The longest wait there is, in the duty cycle in which the job ends: a clock of the cycle before would make it longer. */
    @Test
    void shouldAnswerAWaitThatIsOverInItsOwnDutyCycle() {
        assertThat(client.enqueue("j")).isEqualTo(OK);
        TestClient.Task task = client.lease("w", 1).get(0);
        harness.advance(50);
        long waits = client.sendGetResult("j", Bounds.WAIT_MS_MAX);
        client.sendReport(task, Outcome.SUCCEEDED, "", new byte[0], 0, 0);
        harness.run();
        assertThat(client.reply(waits, TestClient::code)).isEqualTo(OK);
    }

    @Test
    void shouldServeSubscriptionsAndLongPollsOfAGroupInTurn() {
        TestClient other = new TestClient(harness, 2);
        client.subscribe(1, "w1", "g", 1);
        long poll = other.sendLease("w2", "g", 1, 1_000, 0);
        long elsewhere = other.sendLease("w3", "another", 1, 1_000, 0);
        harness.run();
        client.enqueue(new Item("a"), new Item("b"), new Item("c"));
        assertThat(client.pushed()).hasSize(1);
        assertThat(other.reply(poll, TestClient::tasks)).hasSize(1);
        assertThat(other.hasReply(elsewhere)).isFalse();
        assertThat(client.lease("w4", 5)).hasSize(1);
        harness.advance(1_000);
        harness.run();
        assertThat(other.reply(elsewhere, TestClient::tasks)).isEmpty();
    }

    @Test
    void shouldForgetTheWaitingCallsOfASessionThatIsGone() {
        TestClient gone = new TestClient(harness, 2);
        Item elsewhere = new Item("a");
        elsewhere.taskGroup = "another";
        client.enqueue(elsewhere);
        gone.sendLease("w2", "g", 1, 1_000, 0);
        gone.sendGetResult("a", 1_000);
        harness.run();
        harness.agent.onSessionClosed(gone.session, false);
        client.enqueue("b");
        client.succeed(client.lease("w", 2).get(0), "r");
        client.succeed(client.lease("w", "another", 2, 0).get(0), "r");
        harness.advance(2_000);
        harness.run();
        assertThat(harness.replies).isEmpty();
    }

    /** The bound of calls that wait for a result; and that all of them are answered when it comes. */
    @Test
    void shouldHoldManyCallersForOneResultAndNoMoreThanTheBound() {
        client.enqueue("a");
        List<Long> waiting = new ArrayList<>();
        for (int i = 0; i < KeyedWaiters.WAITERS_MAX; i++) {
            waiting.add(client.sendGetResult("a", Bounds.WAIT_MS_MAX));
        }
        harness.run();
        long beyond = client.sendGetResult("a", Bounds.WAIT_MS_MAX);
        harness.run();
        assertThat(client.reply(beyond, TestClient::code)).isEqualTo(RejectReason.TOO_MANY_SUBSCRIPTIONS.code());
        assertThat(harness.replies).isEmpty();
        Task task = client.lease("w", 1).get(0);
        Assertions.assertTimeout(Duration.ofSeconds(2), () -> client.succeed(task, "r"));
        assertThat(harness.replies).hasSize(waiting.size());
        int results = 0;
        for (ShardHarness.Reply reply : harness.take()) {
            int code = TestClient.code(reply);
            assertThat(code).isIn(OK, RejectReason.BUSY.code());
            results += code == OK ? 1 : 0;
        }
        assertThat(results).isEqualTo(ColdReads.READS_MAX);
    }

    @Test
    void shouldAnswerEveryCallerWhoseTimeIsOver() {
        client.enqueue("a");
        for (int i = 0; i < KeyedWaiters.WAITERS_MAX; i++) {
            client.sendGetResult("a", 500);
        }
        harness.run();
        assertThat(harness.replies).isEmpty();
        harness.advance(500);
        harness.run();
        assertThat(harness.take())
                .hasSize(KeyedWaiters.WAITERS_MAX)
                .allMatch(reply -> TestClient.code(reply) == RejectReason.JOB_NOT_COMPLETE.code());
    }

    @Test
    void shouldHoldNoMoreLongPollsAndSubscriptionsThanTheBound() {
        for (int i = 0; i < Subscriptions.SUBSCRIPTIONS_MAX - 1; i++) {
            client.sendLease("w", "g", 1, 1_000, 0);
        }
        harness.run();
        assertThat(client.subscribe(1, "w", "g", 1)).isEqualTo(OK);
        assertThat(client.subscribe(2, "w", "g", 1)).isEqualTo(RejectReason.TOO_MANY_SUBSCRIPTIONS.code());
        long beyond = client.sendLease("w", "g", 1, 1_000, 0);
        harness.run();
        assertThat(client.reply(beyond, TestClient::code)).isEqualTo(RejectReason.TOO_MANY_SUBSCRIPTIONS.code());
        assertThat(harness.replies).isEmpty();
        harness.advance(1_000);
        harness.run();
        assertThat(harness.take()).hasSize(Subscriptions.SUBSCRIPTIONS_MAX - 1);
        assertThat(client.subscribe(2, "w", "g", 1)).isEqualTo(OK);
    }

    /** Expired long polls find tasks with large payloads at the last moment: more than the ring of replies holds. */
    @Test
    void shouldOutliveMoreLargeRepliesToExpiredCallsThanCanBeParked() {
        int calls = 200;
        for (int i = 0; i < calls; i++) {
            client.sendLease("w", "g", 1, 1_000, 0);
        }
        harness.run();
        harness.advance(1_000);
        for (int i = 0; i < calls; i++) {
            Item item = new Item("j" + i);
            item.payload = new byte[Bounds.INLINE_BYTES_MAX];
            client.sendEnqueue(item);
        }
        harness.run();
        harness.shard.checkInvariants();
        int busy = 0;
        int leased = 0;
        for (ShardHarness.Reply reply : harness.take()) {
            busy += TestClient.code(reply) == RejectReason.BUSY.code() ? 1 : 0;
            leased += reply.length() > Bounds.INLINE_BYTES_MAX ? 1 : 0;
        }
        assertThat(busy + leased).isEqualTo(calls);
        assertThat(leased).isEqualTo(harness.shard.view().leases().count());
    }
}
