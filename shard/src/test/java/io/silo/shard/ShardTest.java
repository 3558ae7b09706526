package io.silo.shard;

import static io.silo.protocol.RejectReason.ALREADY_REPORTED;
import static io.silo.protocol.RejectReason.JOB_EXISTS;
import static io.silo.protocol.RejectReason.JOB_NOT_FOUND;
import static io.silo.protocol.RejectReason.LEASE_NOT_FOUND;
import static io.silo.protocol.RejectReason.LEASE_OWNER_MISMATCH;
import static io.silo.protocol.RejectReason.OK;
import static io.silo.protocol.RejectReason.UPLOAD_NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a client sees of one shard. */
class ShardTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);

    /** STATE-1, STATE-5, STATE-6, ENQ-12, ENQ-14, LEASE-6, LEASE-7, LEASE-8, OUT-5, GET-1, GET-2, GET-3. */
    @Test
    void shouldRunAJobFromEnqueueToResult() {
        assertThat(client.enqueue("a")).isEqualTo(OK);
        assertThat(client.get("a").status()).isEqualTo("SCHEDULED");
        List<Task> tasks = client.lease("w", 10);
        assertThat(tasks).hasSize(1);
        assertThat(tasks.get(0).payload()).isEqualTo("p");
        assertThat(tasks.get(0).tenant()).isEqualTo("-");
        assertThat(tasks.get(0).isLast()).isTrue();
        assertThat(client.get("a").status()).isEqualTo("RUNNING");
        assertThat(client.succeed(tasks.get(0), "done")).isEqualTo(OK);
        var job = client.get("a");
        assertThat(job.status()).isEqualTo("SUCCEEDED");
        assertThat(job.result()).isEqualTo("done");
        assertThat(job.payload()).isEqualTo("p");
        assertThat(job.attempts()).containsExactly("1:0:w:");
        harness.shard.checkInvariants();
    }

    /** ENQ-3, ENQ-15, and MODEL-1: another tenant may use the same id. */
    @Test
    void shouldRefuseAnIdThatExistsUnlessTheRequestIsRepeated() {
        Item item = new Item("a");
        item.requestId = 7;
        assertThat(client.enqueue(item)).containsExactly(OK);
        assertThat(client.enqueue(item)).containsExactly(OK);
        item.requestId = 8;
        assertThat(client.enqueue(item)).containsExactly(JOB_EXISTS.code());
        assertThat(client.enqueue("a")).isEqualTo(JOB_EXISTS.code());
        assertThat(harness.shard.view().jobs().count()).isEqualTo(1);
        item.tenant = "other";
        assertThat(client.enqueue(item)).containsExactly(OK);
    }

    /** ENQ-6. */
    @Test
    void shouldDecideEachItemOfABatchByItself() {
        Item bad = new Item("b");
        bad.priority = 100;
        assertThat(client.enqueue(new Item("a"), bad, new Item("a"), new Item("c")))
                .containsExactly(OK, RejectReason.PRIORITY_OUT_OF_RANGE.code(), JOB_EXISTS.code(), OK);
        assertThat(client.lease("w", 10)).extracting(Task::id).containsExactly("a", "c");
    }

    /** ORD-1, ORD-2 and ORD-7 as design §10 has them. */
    @Test
    void shouldOrderByPriorityThenTenantsInTurnThenStartTimeThenArrival() {
        harness.wallMs = 10_000_000;
        enqueue("x1", "x", 5, 0);
        enqueue("x2", "x", 5, 0);
        enqueue("x0", "x", 5, 1);
        enqueue("y1", "y", 5, 0);
        enqueue("first", "z", 0, 0);
        assertThat(client.lease("w", 10)).extracting(Task::id).containsExactly("first", "x0", "y1", "x1", "x2");
    }

    private void enqueue(String id, String tenant, int priority, long startAtMs) {
        Item item = new Item(id);
        item.tenant = tenant;
        item.priority = priority;
        item.startAtMs = startAtMs;
        assertThat(client.enqueue(item)).containsExactly(OK);
    }

    /** ENQ-10, ORD-3. */
    @Test
    void shouldStartAFutureJobAtItsTime() {
        enqueue("later", "", 0, harness.wallMs + 500);
        assertThat(client.lease("w", 1)).isEmpty();
        harness.advance(499);
        assertThat(client.lease("w", 1)).isEmpty();
        harness.advance(1);
        assertThat(client.lease("w", 1)).hasSize(1);
    }

    /**
     * STATE-7, STATE-8, OUT-6, LEASE-8, RETRY-1, RETRY-5, RETRY-8; RETRY-2 begins with the initial interval, as design
     * §10 has it.
     */
    @Test
    void shouldRetryWithGrowingDelaysAndThenFail() {
        Item item = new Item("a");
        item.retryCount = 2;
        client.enqueue(item);
        Task first = client.lease("w", 1).get(0);
        assertThat(first.isLast()).isFalse();
        assertThat(client.fail(first, "E1")).isEqualTo(OK);
        assertThat(client.get("a").nextStartMs()).isEqualTo(harness.wallMs + 100);
        harness.advance(100);
        assertThat(client.fail(client.lease("w", 1).get(0), "E2")).isEqualTo(OK);
        assertThat(client.get("a").nextStartMs()).isEqualTo(harness.wallMs + 200);
        harness.advance(200);
        Task last = client.lease("w", 1).get(0);
        assertThat(last.attempt()).isEqualTo(3);
        assertThat(last.isLast()).isTrue();
        assertThat(last.token()).isGreaterThan(first.token());
        client.fail(last, "E3");
        var job = client.get("a");
        assertThat(job.status()).isEqualTo("FAILED");
        assertThat(job.errorCode()).isEqualTo("E3");
        assertThat(job.attempts()).containsExactly("1:1:w:E1", "2:1:w:E2", "3:1:w:E3");
    }

    /** OUT-2, STATE-21, ERR-2. */
    @Test
    void shouldTellARepeatedOutcomeFromALateOne() {
        client.enqueue("a");
        Task task = client.lease("w", 1).get(0);
        client.succeed(task, "r");
        assertThat(client.succeed(task, "again")).isEqualTo(ALREADY_REPORTED.code());
        assertThat(client.fail(task, "E")).isEqualTo(ALREADY_REPORTED.code());
        client.enqueue("b");
        Task late = client.lease("w", 1).get(0);
        harness.advance(10_000);
        harness.run();
        assertThat(client.succeed(late, "late")).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(client.get("b").errorCode()).isEqualTo("WORKER_CRASHED");
        assertThat(client.get("a").result()).isEqualTo("r");
    }

    /** HB-1, HB-2, HB-3, REAP-1, REAP-5, ERR-2, ERR-3. */
    @Test
    void shouldExpireALeaseExactlyAtItsDeadlineAndNotBefore() {
        client.enqueue("a");
        Task task = client.lease("w", 1).get(0);
        harness.advance(9_999);
        assertThat(client.heartbeat("w", task)).isEqualTo(OK);
        harness.advance(9_999);
        assertThat(client.heartbeat("other", task)).isEqualTo(LEASE_OWNER_MISMATCH.code());
        assertThat(client.heartbeat("w")).isEqualTo(-1);
        harness.advance(10_000);
        harness.run();
        assertThat(client.get("a").status()).isEqualTo("FAILED");
        assertThat(client.heartbeat("w", task)).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(client.heartbeat("w")).isZero();
    }

    /** HB-6. */
    @Test
    void shouldNotExpireALeaseBeforeTheHeartbeatThatWaitsInTheQueue() {
        client.enqueue("a");
        Task task = client.lease("w", 1).get(0);
        harness.advance(9_999);
        harness.run();
        harness.standStill(4_000);
        assertThat(client.heartbeat("w", task)).isEqualTo(OK);
        assertThat(client.get("a").status()).isEqualTo("RUNNING");
        assertThat(harness.standstills).isEmpty();
    }

    /** A grant that waits for a slow sync is worth nothing if its lease runs meanwhile. */
    @Test
    void shouldCountALeaseFromTheEndOfTheSyncThatItsGrantWaitsFor() {
        var slowMs = new AtomicLong();
        var slow = new ShardHarness(
                1,
                List.of(ShardSettings.whole(0)),
                512 * 1024,
                it -> it.faults = shard -> site -> {
                    if (site.equals("log.sync")) {
                        it.standStill(slowMs.getAndSet(0));
                    }
                });
        var worker = new TestClient(slow, 1);
        worker.enqueue("granted");
        worker.enqueue("earlier");
        Task earlier = worker.lease("w", 1).get(0);
        slow.advance(1);
        slowMs.set(4_000);
        Task granted = worker.lease("w", 1).get(0);
        assertThat(slowMs).hasValue(0);
        assertThat(slow.standstills).isEmpty();
        slow.advance(9_999);
        slow.run();
        assertThat(worker.heartbeat("w", granted)).isEqualTo(OK);
        assertThat(worker.heartbeat("w", earlier))
                .as("one that no grant or heartbeat of that cycle moved ends when it would have")
                .isEqualTo(LEASE_NOT_FOUND.code());
    }

    @Test
    void shouldGiveEveryLeaseItsFullLengthAgainAfterAStandstill() {
        client.enqueue("claimed");
        client.enqueue("unclaimed");
        List<Task> tasks = client.lease("w", 2);
        harness.advance(4_000);
        harness.run();

        harness.standStill(60_000);
        harness.run();
        assertThat(harness.standstills).containsExactly(60_000L);
        assertThat(client.get("claimed").status()).isEqualTo("RUNNING");
        harness.advance(9_999);
        assertThat(client.heartbeat("w", tasks.get(0))).isEqualTo(OK);

        // As after a restart: what nobody claimed may have reached nobody, so its attempt is not spent.
        harness.advance(1);
        harness.run();
        assertThat(client.get("unclaimed").status()).isEqualTo("SCHEDULED");
        assertThat(client.get("unclaimed").attempts()).isEmpty();
        assertThat(client.succeed(tasks.get(0), "r")).isEqualTo(OK);
        assertThat(client.succeed(tasks.get(1), "late")).isEqualTo(LEASE_NOT_FOUND.code());
    }

    @Test
    void shouldGiveALeaseBackWithoutSpendingTheAttempt() {
        client.enqueue("a");
        Task task = client.lease("w", 1).get(0);
        assertThat(client.giveBack("other", task)).isEqualTo(LEASE_OWNER_MISMATCH.code());
        assertThat(client.giveBack("w", task)).isEqualTo(OK);
        Task again = client.lease("w2", 1).get(0);
        assertThat(again.attempt()).isEqualTo(1);
        assertThat(again.token()).isGreaterThan(task.token());
        assertThat(client.succeed(task, "old")).isEqualTo(LEASE_NOT_FOUND.code());
        assertThat(client.succeed(again, "new")).isEqualTo(OK);
        assertThat(client.get("a").attempts()).containsExactly("1:0:w2:");
    }

    @Test
    void shouldPushNoMoreThanCredits() {
        for (int i = 0; i < 10; i++) {
            client.enqueue("j" + i);
        }
        assertThat(client.subscribe(1, "w", "g", 3)).isEqualTo(OK);
        List<Task> tasks = client.pushed();
        assertThat(tasks).extracting(Task::id).containsExactly("j0", "j1", "j2");
        client.report(tasks.get(0), Outcome.SUCCEEDED, "", new byte[0], 0, 1);
        assertThat(client.pushed()).extracting(Task::id).containsExactly("j3");
        assertThat(client.subscribe(1, "w", "g", 2)).isEqualTo(OK);
        assertThat(client.pushed()).hasSize(2);
        assertThat(client.unsubscribe(1)).isEqualTo(OK);
        assertThat(client.unsubscribe(1)).isEqualTo(RejectReason.SUBSCRIPTION_NOT_FOUND.code());
        client.report(tasks.get(1), Outcome.SUCCEEDED, "", new byte[0], 0, 1);
        assertThat(client.pushed()).isEmpty();
    }

    @Test
    void shouldShareTasksEvenlyAmongSubscribers() {
        TestClient other = new TestClient(harness, 2);
        client.subscribe(1, "w1", "g", 10);
        other.subscribe(1, "w2", "g", 10);
        client.enqueue(new Item("a"), new Item("b"), new Item("c"), new Item("d"));
        assertThat(client.pushed()).hasSize(2);
        assertThat(other.pushed()).hasSize(2);
    }

    @Test
    void shouldReturnLeasesAtOnceWhenASessionIsClosedAndLetThemRunWhenItIsLost() {
        client.subscribe(1, "w", "g", 1);
        client.enqueue("a");
        assertThat(client.pushed()).hasSize(1);
        harness.agent.onSessionClosed(client.session, true);
        assertThat(client.lease("w2", 1)).extracting(Task::attempt).containsExactly(1);
        TestClient second = new TestClient(harness, 2);
        second.subscribe(1, "w3", "g", 1);
        client.enqueue("b");
        assertThat(second.pushed()).hasSize(1);
        harness.agent.onSessionClosed(second.session, false);
        assertThat(client.lease("w4", 1)).isEmpty();
        harness.advance(10_000);
        harness.run();
        assertThat(client.get("b").errorCode()).isEqualTo("WORKER_CRASHED");
    }

    /** LEASE-4: no task is an answer, not an error. */
    @Test
    void shouldAnswerALongPollWhenATaskComesOrItsTimeIsOver() {
        long waiting = client.sendLease("w", "g", 5, 1_000, 0);
        harness.run();
        assertThat(client.hasReply(waiting)).isFalse();
        client.enqueue(new Item("a"), new Item("b"));
        assertThat(client.reply(waiting, TestClient::tasks)).hasSize(2);
        long empty = client.sendLease("w", "g", 5, 1_000, 0);
        harness.run();
        harness.advance(999);
        harness.run();
        assertThat(client.hasReply(empty)).isFalse();
        harness.advance(1);
        harness.run();
        assertThat(client.reply(empty, TestClient::tasks)).isEmpty();
        client.enqueue("c");
        assertThat(client.lease("w", 1)).hasSize(1);
    }

    /** LEASE-14. */
    @Test
    void shouldGiveTheSameLeasesToARepeatedCall() {
        client.enqueue(new Item("a"), new Item("b"), new Item("c"));
        List<Task> first = client.lease("w", "g", 2, 77);
        assertThat(client.lease("w", "g", 2, 77)).containsExactlyInAnyOrderElementsOf(first);
        assertThat(client.lease("w", "g", 2, 78)).extracting(Task::id).containsExactly("c");
    }

    /** GET-5, ERR-1; ours may wait where GET-7 polls. */
    @Test
    void shouldAwaitAResult() {
        client.enqueue("a");
        long waiting = client.sendGetResult("a", 5_000);
        long hasty = client.sendGetResult("a", 0);
        long unknown = client.sendGetResult("nobody", 5_000);
        harness.run();
        assertThat(client.reply(hasty, TestClient::result)).isEqualTo("JOB_NOT_COMPLETE");
        assertThat(client.reply(unknown, TestClient::code)).isEqualTo(JOB_NOT_FOUND.code());
        assertThat(client.hasReply(waiting)).isFalse();
        client.succeed(client.lease("w", 1).get(0), "R");
        assertThat(client.reply(waiting, TestClient::result)).isEqualTo("SUCCEEDED::R");
        client.enqueue("b");
        long late = client.sendGetResult("b", 100);
        harness.run();
        harness.advance(100);
        harness.run();
        assertThat(client.reply(late, TestClient::result)).isEqualTo("JOB_NOT_COMPLETE");
    }

    /** ENQ-9, OUT-5. */
    @Test
    void shouldCarryALargePayloadAndResultThroughUploads() {
        byte[] payload = new byte[200_000];
        new Random(1).nextBytes(payload);
        assertThat(client.upload(9, payload, 32_768)).isEqualTo(OK);
        Item item = new Item("a");
        item.payload = new byte[0];
        item.uploadId = 9;
        assertThat(client.enqueue(item)).containsExactly(OK);
        Item other = new Item("b");
        other.uploadId = 9;
        other.payload = new byte[0];
        assertThat(client.enqueue(other)).containsExactly(UPLOAD_NOT_FOUND.code());
        Task task = client.lease("w", 1).get(0);
        assertThat(task.payload()).isEmpty();
        assertThat(client.download(task.jobKey(), "a", false, payload.length, 30_000))
                .isEqualTo(payload);
        byte[] result = new byte[70_000];
        new Random(2).nextBytes(result);
        client.upload(10, result, 32_768);
        assertThat(client.report(task, Outcome.SUCCEEDED, "", new byte[0], 10, 0))
                .isEqualTo(OK);
        assertThat(client.download(task.jobKey(), "a", true, result.length, 32_768))
                .isEqualTo(result);
        assertThat(client.get("a").payloadBytes()).isEqualTo(payload.length);
    }

    /** MODEL-8. */
    @Test
    void shouldFindEverythingAgainAfterAKillAndReturnLeasesThatNobodyClaims() {
        client.enqueue(new Item("done"), new Item("claimed"), new Item("unclaimed"), new Item("waiting"));
        List<Task> tasks = client.lease("w", 3);
        client.succeed(tasks.get(0), "r");
        harness.kill();
        harness.shard.checkInvariants();
        TestClient after = new TestClient(harness, 5);
        assertThat(after.get("done").result()).isEqualTo("r");
        assertThat(after.get("waiting").payload()).isEqualTo("p");
        assertThat(after.heartbeat("w", tasks.get(1))).isEqualTo(OK);
        harness.advance(9_999);
        harness.run();
        assertThat(after.get("unclaimed").status()).isEqualTo("RUNNING");
        harness.advance(1);
        harness.run();
        assertThat(after.get("unclaimed").status()).isEqualTo("SCHEDULED");
        assertThat(after.get("claimed").errorCode()).isEqualTo("WORKER_CRASHED");
        assertThat(after.lease("w2", 5))
                .extracting(Task::id, Task::attempt)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("unclaimed", 1),
                        org.assertj.core.groups.Tuple.tuple("waiting", 1));
        assertThat(after.succeed(tasks.get(2), "old token")).isEqualTo(LEASE_NOT_FOUND.code());
    }

    @Test
    void shouldKeepJobsInOrderOfChangeAfterTheClockRanTwentyYearsAhead() {
        var harness = new ShardHarness(7, ShardSettings.whole(0), 192 * 1024);
        var before = new TestClient(harness, 1);
        for (int i = 0; i < 40; i++) {
            TestClient.Item item = new TestClient.Item("early" + i);
            item.payload = new byte[6_000];
            assertThat(before.enqueue(item)).containsExactly(0);
        }
        harness.wallMs += 20L * 365 * 24 * 3_600_000;
        harness.kill();
        var after = new TestClient(harness, 2);
        assertThat(after.enqueue("late")).isZero();
        // The images of the early jobs come behind the late one; only a replay sorts them again.
        while (harness.log.firstPosition() == 0) {
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        harness.kill();
        harness.shard.checkInvariants();
        harness.close();
    }
}
