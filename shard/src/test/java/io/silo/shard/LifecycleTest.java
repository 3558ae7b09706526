package io.silo.shard;

import static io.silo.shard.TestVerbs.Ended.cancelled;
import static io.silo.shard.TestVerbs.Ended.failed;
import static io.silo.shard.TestVerbs.Ended.succeeded;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestVerbs.Verb;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What may be done to a job in each of its states, and what becomes of it. */
class LifecycleTest {
    /** States that a job can be in, by how a client tells them apart. */
    private enum State {
        UNKNOWN,
        READY,
        FUTURE,
        BACKING_OFF,
        RUNNING,
        RUNNING_CANCEL_REQUESTED,
        SUCCEEDED,
        FAILED,
        CANCELLED_WAITING,
        CANCELLED_RUNNING
    }

    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestVerbs verbs = new TestVerbs(client);

    /** Allowed result or error code of every command in every state; the columns are the commands. */
    private static final Map<State, List<String>> MATRIX = Map.of(
            // state: cancel, restart, expedite, delete, lease by id, enqueue same id, import with one attempt
            State.UNKNOWN,
            List.of("JOB_NOT_FOUND", "JOB_NOT_FOUND", "JOB_NOT_FOUND", "OK", "JOB_NOT_FOUND", "OK", "FAILED"),
            State.READY,
            List.of("OK", "JOB_IN_PROGRESS", "JOB_ALREADY_READY", "JOB_IN_PROGRESS", "OK", "JOB_EXISTS", "FAILED"),
            State.FUTURE,
            List.of("OK", "JOB_IN_PROGRESS", "OK", "JOB_IN_PROGRESS", "OK", "JOB_EXISTS", "FAILED"),
            State.BACKING_OFF,
            List.of("OK", "JOB_IN_PROGRESS", "OK", "JOB_IN_PROGRESS", "OK", "JOB_EXISTS", "ATTEMPT_MISMATCH@1"),
            State.RUNNING,
            List.of(
                    "OK",
                    "JOB_IN_PROGRESS",
                    "JOB_RUNNING",
                    "JOB_IN_PROGRESS",
                    "JOB_RUNNING",
                    "JOB_EXISTS",
                    "JOB_RUNNING"),
            State.RUNNING_CANCEL_REQUESTED,
            List.of(
                    "JOB_ALREADY_CANCELLED",
                    "JOB_IN_PROGRESS",
                    "JOB_ALREADY_CANCELLED",
                    "JOB_IN_PROGRESS",
                    "JOB_RUNNING",
                    "JOB_EXISTS",
                    "JOB_RUNNING"),
            State.SUCCEEDED,
            List.of(
                    "JOB_TERMINAL",
                    "JOB_SUCCEEDED",
                    "JOB_TERMINAL",
                    "OK",
                    "JOB_TERMINAL",
                    "JOB_EXISTS",
                    "JOB_SUCCEEDED"),
            State.FAILED,
            List.of("JOB_TERMINAL", "OK", "JOB_TERMINAL", "OK", "JOB_TERMINAL", "JOB_EXISTS", "ATTEMPT_MISMATCH@1"),
            State.CANCELLED_WAITING,
            List.of(
                    "JOB_ALREADY_CANCELLED",
                    "OK",
                    "JOB_ALREADY_CANCELLED",
                    "OK",
                    "JOB_ALREADY_CANCELLED",
                    "JOB_EXISTS",
                    "FAILED"),
            State.CANCELLED_RUNNING,
            List.of(
                    "JOB_ALREADY_CANCELLED",
                    "OK",
                    "JOB_ALREADY_CANCELLED",
                    "OK",
                    "JOB_ALREADY_CANCELLED",
                    "JOB_EXISTS",
                    "ATTEMPT_MISMATCH@1"));

    /**
     * ENQ-3, CANCEL-1, CANCEL-2, CANCEL-3, RESTART-1, RESTART-2, RESTART-7, EXPED-1, EXPED-2, DELETE-1, DELETE-2, LT-2,
     * IMPORT-3, IMPORT-10, STATE-9, STATE-12, STATE-13, STATE-14, STATE-15, STATE-16, STATE-17, STATE-19, STATE-20,
     * OUT-7, ERR-1, ERR-4, ERR-5, ERR-6.
     */
    @TestFactory
    List<DynamicTest> shouldAllowOrRefuseEachCommandInEachState() {
        List<DynamicTest> tests = new ArrayList<>();
        for (State state : State.values()) {
            for (int command = 0; command < 7; command++) {
                int column = command;
                tests.add(DynamicTest.dynamicTest(state + " x " + column, () -> {
                    LifecycleTest world = new LifecycleTest();
                    world.bring("j", state);
                    String before =
                            state == State.UNKNOWN ? "" : world.client.get("j").status();
                    String expected = MATRIX.get(state).get(column);
                    assertThat(world.command(column)).isEqualTo(expected);
                    world.harness.shard.checkInvariants();
                    boolean isRefused = !List.of("OK", "FAILED").contains(expected);
                    if (isRefused && state != State.UNKNOWN) {
                        assertThat(world.client.get("j").status())
                                .as("a refusal changes nothing")
                                .isEqualTo(before);
                    }
                }));
            }
        }
        return tests;
    }

    private String command(int column) {
        return switch (column) {
            case 0 -> verbs.cancel("j");
            case 1 -> verbs.restart("j");
            case 2 -> verbs.expedite("j");
            case 3 -> verbs.delete("j");
            case 4 -> {
                verbs.lease("j", "other", 0);
                yield verbs.refusal;
            }
            case 5 -> name(client.enqueue("j"));
            default -> verbs.importJob(new Item("j"), failed(10, "E"));
        };
    }

    private static String name(int code) {
        return code == RejectReason.OK ? "OK" : String.valueOf(RejectReason.fromCode(code));
    }

    private void bring(String id, State state) {
        Item item = new Item(id);
        item.retryCount = state == State.BACKING_OFF ? 1 : 0;
        item.retryInitialMs = 60_000;
        item.startAtMs = state == State.FUTURE ? harness.wallMs + 60_000 : 0;
        if (state == State.UNKNOWN) {
            return;
        }
        client.enqueue(item);
        switch (state) {
            case BACKING_OFF, FAILED -> client.fail(client.lease("w", 1).get(0), "OWN");
            case RUNNING -> client.lease("w", 1);
            case RUNNING_CANCEL_REQUESTED -> {
                client.lease("w", 1);
                verbs.cancel(id);
            }
            case SUCCEEDED -> client.succeed(client.lease("w", 1).get(0), "r");
            case CANCELLED_WAITING -> verbs.cancel(id);
            case CANCELLED_RUNNING -> {
                Task task = client.lease("w", 1).get(0);
                client.report(task, Outcome.CANCELLED, "", "");
            }
            default -> {}
        }
    }

    // ---- cancel
    // --------------------------------------------------------------------------------------------------------------

    /** STATE-12, CANCEL-4, CANCEL-5, GET-4, GET-5. */
    @Test
    void shouldCancelAWaitingJobAtOnceAndNeverRunIt() {
        bring("j", State.FUTURE);
        long start = client.get("j").nextStartMs();

        assertThat(verbs.cancel("j")).isEqualTo("OK");

        assertThat(client.get("j").status()).isEqualTo("CANCELLED");
        assertThat(client.get("j").nextStartMs()).as("kept, GET-4").isEqualTo(start);
        assertThat(verbs.result("j")).isEqualTo("CANCELLED::");
        harness.advance(120_000);
        harness.run();
        assertThat(client.lease("w", 10)).isEmpty();
    }

    /** STATE-13, MODEL-3, CANCEL-6, HB-4: the worker is told and everything else stays. */
    @Test
    void shouldTellTheWorkerOfARunningJob() {
        client.enqueue("j");
        Task task = client.lease("w", 1).get(0);
        client.enqueue("other");
        Task other = client.lease("w", 1).get(0);

        verbs.cancel("j");

        assertThat(client.get("j").status()).isEqualTo("RUNNING");
        assertThat(verbs.cancelledAt("w", task)).isEqualTo(harness.wallMs);
        assertThat(verbs.cancelledAt("w", other)).isZero();
        assertThat(verbs.cancelledOf("w")).containsExactly(task.jobKey());
        assertThat((long) verbs.read("j", job -> job.cancelledAtMs())).isEqualTo(harness.wallMs);
    }

    /**
     * Design §10: a failure after a cancel request is no retry, so no task of LEASE-12 comes to be; STATE-6: a success
     * is one.
     */
    @Test
    void shouldEndACancelledJobByWhatItsWorkerReports() {
        for (String id : List.of("fails", "succeeds", "obeys")) {
            Item item = new Item(id);
            item.retryCount = 5;
            client.enqueue(item);
        }
        List<Task> tasks = client.lease("w", 3);
        verbs.apply(Verb.CANCEL, "fails", "succeeds", "obeys");

        client.fail(tasks.get(0), "E");
        client.succeed(tasks.get(1), "r");
        client.report(tasks.get(2), Outcome.CANCELLED, "", "");

        assertThat(client.get("fails").status()).isEqualTo("CANCELLED");
        assertThat(client.get("fails").attempts()).containsExactly("1:1:w:E");
        assertThat(client.get("succeeds").status()).isEqualTo("SUCCEEDED");
        assertThat(client.get("obeys").status()).isEqualTo("CANCELLED");
        assertThat(verbs.result("obeys")).isEqualTo("CANCELLED::");
    }

    /** STATE-11, REAP-3, and a lease that is given back: nobody is left to wait for. */
    @Test
    void shouldCancelWhenTheLeaseOfACancelledJobEnds() {
        client.enqueue("expires");
        client.enqueue("returned");
        List<Task> tasks = client.lease("w", 2);
        verbs.apply(Verb.CANCEL, "expires", "returned");

        assertThat(client.giveBack("w", tasks.get(1))).isZero();
        harness.advance(10_001);
        harness.run();

        assertThat(client.get("expires").status()).isEqualTo("CANCELLED");
        assertThat(client.get("expires").attempts()).containsExactly("1:2:w:");
        assertThat(client.get("returned").status()).isEqualTo("CANCELLED");
    }

    /** GET-6: what failed before has no say. */
    @Test
    void shouldReportAJobCancelledInItsBackOffAsCancelled() {
        bring("j", State.BACKING_OFF);
        verbs.cancel("j");
        assertThat(verbs.result("j")).isEqualTo("CANCELLED::");
        assertThat(client.get("j").attempts()).as("CANCEL-7").containsExactly("1:1:w:OWN");
    }

    // ---- restart, expedite, delete
    // ---------------------------------------------------------------------------------------------

    /** STATE-14, RESTART-3, RESTART-4, RESTART-5, RETRY-7. */
    @Test
    void shouldCountRetriesFromTheBeginningAfterARestart() {
        Item item = new Item("j");
        item.retryCount = 1;
        item.retryInitialMs = 100;
        client.enqueue(item);
        for (int run = 0; run < 2; run++) {
            for (int i = 0; i < 2; i++) {
                harness.advance(100);
                harness.run();
                Task task = client.lease("w", 1).get(0);
                assertThat(task.attempt()).isEqualTo(2 * run + i + 1);
                assertThat(task.isLast()).isEqualTo(i == 1);
                client.fail(task, "E" + task.attempt());
            }
            assertThat(client.get("j").status()).isEqualTo("FAILED");
            if (run == 0) {
                assertThat(verbs.restart("j")).isEqualTo("OK");
            }
        }
        assertThat(client.get("j").attempts()).hasSize(4);
    }

    /** RESTART-3: a future job that never ran keeps its time, and its number; one that ran starts now. */
    @Test
    void shouldKeepTheStartOfAFutureJobThatWasCancelledBeforeItRan() {
        bring("future", State.FUTURE);
        bring("tried", State.BACKING_OFF);
        long start = client.get("future").nextStartMs();
        verbs.apply(Verb.CANCEL, "future", "tried");

        verbs.apply(Verb.RESTART, "future", "tried");

        assertThat(client.get("future").nextStartMs()).isEqualTo(start);
        assertThat(client.get("tried").nextStartMs()).isEqualTo(harness.wallMs);
        Task again = client.lease("w", 1).get(0);
        assertThat(again.id()).isEqualTo("tried");
        assertThat(again.attempt()).isEqualTo(2);
    }

    /** STATE-15, EXPED-3, EXPED-4. */
    @Test
    void shouldRunAnExpeditedJobNow() {
        bring("future", State.FUTURE);
        bring("tried", State.BACKING_OFF);

        assertThat(verbs.apply(Verb.EXPEDITE, "future", "tried")).containsExactly("OK", "OK");

        assertThat(client.lease("w", 5)).extracting(Task::id).containsExactlyInAnyOrder("future", "tried");
    }

    /** STATE-17, DELETE-3, DELETE-4, ENQ-5. */
    @Test
    void shouldForgetADeletedJobWithItsAttempts() {
        bring("j", State.FAILED);
        assertThat(verbs.delete("j")).isEqualTo("OK");
        assertThat(client.get("j").code()).isEqualTo(RejectReason.JOB_NOT_FOUND.code());
        assertThat(verbs.delete("j")).as("DELETE-2").isEqualTo("OK");

        assertThat(client.enqueue("j")).isZero();
        assertThat(client.get("j").attempts()).isEmpty();
        harness.shard.checkInvariants();
    }

    /** Design §5: a repeat of the request is not a new job for 10 minutes; another request is. */
    @Test
    void shouldRememberTheRequestOfADeletedJob() {
        Item item = new Item("j");
        item.requestId = 77;
        client.enqueue(item);
        client.succeed(client.lease("w", 1).get(0), "r");
        verbs.delete("j");

        assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        assertThat(client.get("j").code()).isEqualTo(RejectReason.JOB_NOT_FOUND.code());
        harness.kill();
        TestClient after = new TestClient(harness, 2);
        assertThat(after.enqueue(item)).containsExactly(RejectReason.OK);
        assertThat(after.get("j").code()).as("after a restart").isEqualTo(RejectReason.JOB_NOT_FOUND.code());
        Item other = new Item("other");
        other.requestId = 77;
        assertThat(after.enqueue(other))
                .as("another job under the same request id")
                .containsExactly(RejectReason.OK);
        assertThat(after.get("other").code()).isZero();

        harness.advance(600_001);
        harness.run();
        assertThat(after.enqueue(item)).containsExactly(RejectReason.OK);
        assertThat(after.get("j").status()).isEqualTo("SCHEDULED");
    }

    /** The memory of a request survives the cycle that its deletion stands in. */
    @Test
    void shouldCarryTheRequestOfADeletedJobForward() {
        ShardHarness small = new ShardHarness(1, harness.settings, 192 * 1024);
        TestClient user = new TestClient(small, 1);
        Item item = new Item("j");
        item.requestId = 77;
        user.enqueue(item);
        user.succeed(user.lease("w", 1).get(0), "r");
        new TestVerbs(user).delete("j");
        for (int i = 0; small.log.firstPosition() < 20; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.payload = new byte[20_000];
            user.enqueue(filler);
            small.shard.carryOldestCycle();
            small.advance(60);
            small.run();
        }
        small.kill();
        TestClient after = new TestClient(small, 2);
        assertThat(after.enqueue(item)).containsExactly(RejectReason.OK);
        assertThat(after.get("j").code()).isEqualTo(RejectReason.JOB_NOT_FOUND.code());
    }

    // ---- leases
    // ---------------------------------------------------------------------------------------------------------------

    /** LT-3, LT-4: any waiting job, also a future one. */
    @Test
    void shouldLeaseAJobByItsId() {
        bring("j", State.FUTURE);
        Task task = verbs.lease("j", "w", 5);
        assertThat(task).isNotNull();
        assertThat(verbs.lease("j", "w", 5)).as("the same call again").isEqualTo(task);
        assertThat(verbs.lease("j", "w", 6)).isNull();
        assertThat(verbs.refusal).isEqualTo("JOB_RUNNING");
        assertThat(client.succeed(task, "r")).isZero();
    }

    /** REAP-2: the error data is a MessagePack string. */
    @Test
    void shouldSayWhenAndWhoseLeaseExpired() {
        client.enqueue("j");
        client.lease("worker-1", 1);
        long expiry = harness.wallMs + 10_000;
        harness.advance(10_001);
        harness.run();
        long now = verbs.read("j", job -> job.changedAtMs());
        String text = "lease expired at " + expiry + " (now " + now + ", worker=worker-1)";
        String data = verbs.result("j").substring("FAILED:WORKER_CRASHED:".length());
        assertThat(verbs.result("j")).startsWith("FAILED:WORKER_CRASHED:");
        assertThat(data).endsWith(text);
        assertThat(data.length() - text.length()).as("str 16 header").isEqualTo(3);
    }

    @Test
    void shouldFailAJobWhoseLeasesExpireAgainAndAgain() {
        Item item = new Item("j");
        item.retryCount = 100;
        item.retryInitialMs = 0;
        client.enqueue(item);
        for (int i = 1; i <= 4; i++) {
            expire();
        }
        // An outcome says that the job does not kill its workers.
        client.fail(client.lease("w", 1).get(0), "E");
        for (int i = 1; i <= 5; i++) {
            harness.kill();
            assertThat(new TestClient(harness, 10 + i).get("j").status())
                    .as("crash %s", i)
                    .isEqualTo("SCHEDULED");
            expire();
        }
        TestClient after = new TestClient(harness, 99);
        assertThat(after.get("j").status()).isEqualTo("FAILED");
        assertThat(after.get("j").errorCode()).isEqualTo("CRASH_LOOP");
        assertThat(after.get("j").attempts()).hasSize(10);
    }

    private void expire() {
        TestClient worker = new TestClient(harness, 500);
        assertThat(worker.lease("w", 1)).hasSize(1);
        harness.advance(10_001);
        harness.run();
    }

    @Test
    void shouldNotLetHeartbeatsExtendTheLongestRun() {
        Item item = new Item("j");
        item.maxRunMs = 25_000;
        item.retryCount = 1;
        client.enqueue(item);
        Task task = client.lease("w", 1).get(0);
        for (int i = 0; i < 4; i++) {
            harness.advance(6_000);
            harness.run();
            assertThat(client.heartbeat("w", task)).as("heartbeat %s", i).isZero();
        }
        harness.advance(1_001);
        harness.run();
        assertThat(client.get("j").attempts()).containsExactly("1:1:w:MAX_RUN_EXCEEDED");
        assertThat(client.get("j").status()).isEqualTo("SCHEDULED");
        assertThat(harness.shard.view().jobs().crashes(0)).as("not a crash").isZero();
    }

    @Test
    void shouldEndARunThatMayBeShorterThanItsLease() {
        Item item = new Item("j");
        item.maxRunMs = 2_000;
        client.enqueue(item);
        client.lease("w", 1);
        harness.advance(1_999);
        harness.run();
        assertThat(client.get("j").status()).isEqualTo("RUNNING");
        harness.advance(2);
        harness.run();
        assertThat(client.get("j").attempts()).containsExactly("1:1:w:MAX_RUN_EXCEEDED");
    }

    @Test
    void shouldNotSpendATenantsTurnOnATaskThatNobodyGot() {
        for (String id : List.of("a1", "a2", "a3", "b1", "b2", "b3")) {
            Item item = new Item(id);
            item.tenant = id.substring(0, 1);
            client.enqueue(item);
        }
        assertThat(client.lease("w", 2)).extracting(Task::id).containsExactly("a1", "b1");
        client.tenant = "a";
        assertThat(verbs.cancel("a2")).isEqualTo("OK");
        client.tenant = "";
        assertThat(client.lease("w", 2)).extracting(Task::id).containsExactly("a3", "b2");
    }

    @Test
    void shouldNameNoAttemptOfAnImportThatIsRefusedForItsJob() {
        Item item = new Item("j");
        item.priority = 100;
        assertThat(verbs.importJob(item, succeeded(1, "r"), failed(2, "E"))).isEqualTo("PRIORITY_OUT_OF_RANGE");
    }

    @Test
    void shouldSnoozeATaskWithoutSpendingItsAttempt() {
        client.enqueue("j");
        Task task = client.lease("w", 1).get(0);
        assertThat(client.giveBack("w", task, 30_000)).isZero();
        assertThat(client.get("j").nextStartMs()).isEqualTo(harness.wallMs + 30_000);
        assertThat(client.lease("w", 1)).isEmpty();
        harness.advance(30_000);
        harness.run();
        Task again = client.lease("w", 1).get(0);
        assertThat(again.attempt()).isEqualTo(1);
        assertThat(client.giveBack("w", again, -1)).isEqualTo(RejectReason.INVALID_SNOOZE.code());
    }

    @Test
    void shouldFailAJobThatIsNotStartedInTime() {
        Item item = new Item("late");
        item.startDeadlineMs = harness.wallMs + 1_000;
        item.retryCount = 3;
        client.enqueue(item);
        item.id = "started";
        client.enqueue(item);
        Task started = verbs.lease("started", "w", 0);
        harness.advance(1_000);
        harness.run();
        assertThat(client.get("late").status()).as("at the very moment").isEqualTo("SCHEDULED");
        harness.advance(1);
        harness.run();

        assertThat(client.get("late").status()).isEqualTo("FAILED");
        assertThat(client.get("late").attempts()).containsExactly("1:1::START_DEADLINE_EXCEEDED");
        client.fail(started, "E");
        harness.advance(5_000);
        harness.run();
        assertThat(client.get("started").status()).as("it was started once").isEqualTo("SCHEDULED");
        assertThat(client.lease("w", 1)).hasSize(1);

        item.id = "too late";
        assertThat(client.enqueue(item)).containsExactly(RejectReason.INVALID_START_DEADLINE.code());
    }

    // ---- import
    // --------------------------------------------------------------------------------------------------------------

    /** STATE-2, STATE-3, STATE-4, IMPORT-5, IMPORT-7, IMPORT-9. */
    @Test
    void shouldImportJobsWithTheirHistory() {
        Item retried = new Item("retried");
        retried.retryCount = 2;
        assertThat(verbs.importJob(new Item("new"))).isEqualTo("SCHEDULED");
        assertThat(verbs.importJob(new Item("done"), failed(10, "E"), succeeded(20, "r")))
                .isEqualTo("SUCCEEDED");
        assertThat(verbs.importJob(new Item("called-off"), cancelled(10))).isEqualTo("CANCELLED");
        assertThat(verbs.importJob(new Item("failed"), failed(10, "E"))).isEqualTo("FAILED");
        assertThat(verbs.importJob(retried, failed(10, "E"), failed(20, "F"))).isEqualTo("SCHEDULED");

        assertThat(verbs.result("done")).isEqualTo("SUCCEEDED::r");
        assertThat(client.get("done").attempts()).containsExactly("1:1::E", "2:0::");
        assertThat((long) verbs.read("done", job -> job.changedAtMs()))
                .as("IMPORT-7")
                .isEqualTo(25);
        assertThat(verbs.restart("called-off")).isEqualTo("OK");
        List<Task> tasks = client.lease("w", 10);
        assertThat(tasks).extracting(Task::id).containsExactly("new", "called-off", "retried");
        assertThat(tasks).extracting(Task::attempt).containsExactly(1, 2, 3);
        assertThat(tasks.get(2).isLast()).isTrue();
        harness.shard.checkInvariants();
    }

    /** IMPORT-6, IMPORT-2. */
    @Test
    void shouldRefuseHistoriesThatCannotBe() {
        assertThat(verbs.importJob(new Item("j"), succeeded(1, "r"), failed(2, "E")))
                .isEqualTo("ATTEMPT_NOT_FAILED@1");
        assertThat(verbs.importJob(new Item("j"), failed(1, ""))).isEqualTo("INVALID_ERROR_CODE@1");
        assertThat(verbs.importJob(new Item("j"), failed(-1, "E"))).isEqualTo("INVALID_ATTEMPT@1");
        TestVerbs.Ended odd = new TestVerbs.Ended(Outcome.SUCCEEDED, 1, 2, "E", "", 0);
        assertThat(verbs.importJob(new Item("j"), odd)).isEqualTo("INVALID_ATTEMPT@1");
        TestVerbs.Ended[] many = new TestVerbs.Ended[101];
        Arrays.fill(many, failed(1, "E"));
        assertThat(verbs.importJob(new Item("j"), many)).isEqualTo("TOO_MANY_ATTEMPTS");
        Item noGroup = new Item("j");
        noGroup.taskGroup = "";
        assertThat(verbs.importJob(noGroup)).isEqualTo("TASK_GROUP_REQUIRED");
        assertThat(client.get("j").code()).isEqualTo(RejectReason.JOB_NOT_FOUND.code());
    }

    /** STATE-16, IMPORT-10, IMPORT-11, IMPORT-12, IMPORT-13. */
    @Test
    void shouldAddAttemptsToAJobThatExists() {
        Item item = new Item("j");
        item.payload = new byte[3_000];
        assertThat(verbs.importJob(item, failed(10, "E"))).isEqualTo("FAILED");
        Item again = new Item("j");
        again.retryCount = 3;
        again.priority = 9;

        assertThat(verbs.importJob(again)).isEqualTo("ATTEMPTS_MISSING");
        assertThat(verbs.importJob(again, failed(10, "OTHER"))).isEqualTo("ATTEMPT_MISMATCH@1");
        assertThat(verbs.importJob(again, failed(10, "E"))).isEqualTo("NO_NEW_ATTEMPT");
        assertThat(verbs.importJob(again, failed(10, "E"), failed(20, "F"))).isEqualTo("SCHEDULED");

        assertThat(client.get("j").payloadBytes()).as("IMPORT-12").isEqualTo(3_000);
        assertThat((long) verbs.read("j", job -> job.retryCount())).isEqualTo(3);
        harness.kill();
        TestClient after = new TestClient(harness, 2);
        assertThat(after.get("j").attempts()).containsExactly("1:1::E", "2:1::F");
        Task task = after.lease("w", 1).get(0);
        assertThat(task.attempt()).isEqualTo(3);
        after.succeed(task, "r");
        assertThat(after.get("j").attempts()).containsExactly("1:1::E", "2:1::F", "3:0:w:");
    }

    @Test
    void shouldRefuseAJobThatStandsTwiceInOneImport() {
        Item item = new Item("j");
        assertThat(verbs.importJobs(
                        List.of(item, item), List.of(List.of(failed(1, "E")), List.of(failed(1, "E"), failed(2, "F")))))
                .containsExactly("FAILED", "TWICE_IN_BATCH");
        assertThat(verbs.importJobs(Collections.nCopies(65, item), Collections.nCopies(65, List.of())))
                .containsExactly("BATCH_TOO_LARGE");
    }
}
