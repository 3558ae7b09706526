package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.reply.JobReplyDecoder.AttemptsDecoder;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestVerbs.Ended;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What the record of a job says in each of its states, and what the counters say of all jobs. */
class JobRecordTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestVerbs verbs = new TestVerbs(client);

    private Task lease(String id) {
        Task task = verbs.lease(id, "w", 0);
        assertThat(task).as("task of %s", id).isNotNull();
        return task;
    }

    /** MODEL-2, GET-4: when the next attempt comes is told of jobs that wait, and of those that were cancelled meanwhile. */
    @Test
    void shouldTellTheNextStartOfWhatWaitsAlone() {
        client.enqueue(new Item("now"), new Item("running"), new Item("succeeded"), new Item("failed"));
        client.enqueue(new Item("acknowledged"));
        Item future = new Item("future");
        future.startAtMs = harness.wallMs + 60_000;
        client.enqueue(future);
        Item retrying = new Item("retrying");
        retrying.retryCount = 1;
        client.enqueue(retrying);
        Item cancelled = new Item("cancelled");
        cancelled.startAtMs = harness.wallMs + 90_000;
        client.enqueue(cancelled);
        long now = harness.wallMs;
        lease("running");
        client.succeed(lease("succeeded"), "r");
        client.fail(lease("failed"), "E");
        client.fail(lease("retrying"), "E");
        Task acknowledged = lease("acknowledged");
        verbs.cancel("acknowledged");
        client.report(acknowledged, Outcome.CANCELLED, "", "");
        verbs.cancel("cancelled");

        assertThat(client.get("now").nextStartMs()).isEqualTo(now);
        assertThat(client.get("future").nextStartMs()).isEqualTo(now + 60_000);
        assertThat(client.get("retrying").nextStartMs()).isEqualTo(now + 100);
        assertThat(client.get("retrying").attempt()).isEqualTo(2);
        assertThat(client.get("cancelled").nextStartMs()).isEqualTo(now + 90_000);
        for (String id : List.of("running", "succeeded", "failed", "acknowledged")) {
            assertThat(client.get(id).nextStartMs()).as(id).isZero();
        }
    }

    /** MODEL-4, OUT-10: an attempt is there from its lease on and keeps the time of it. */
    @Test
    void shouldRecordAnAttemptFromItsLeaseOn() {
        client.enqueue("j");
        assertThat(client.get("j").attempts()).isEmpty();
        harness.advance(700);
        long leasedAtMs = harness.wallMs;
        Task task = lease("j");
        assertThat(ofFirstAttempt("j", AttemptsDecoder::startedAtMs)).isEqualTo(leasedAtMs);
        harness.advance(900);
        client.succeed(task, "r");
        assertThat(ofFirstAttempt("j", AttemptsDecoder::startedAtMs)).isEqualTo(leasedAtMs);
        assertThat(ofFirstAttempt("j", AttemptsDecoder::finishedAtMs)).isEqualTo(leasedAtMs + 900);
    }

    private long ofFirstAttempt(String id, ToLongFunction<AttemptsDecoder> field) {
        return verbs.read(id, job -> {
            job.limits();
            job.metadata(); // it stands before the attempts
            return field.applyAsLong(job.attempts().next());
        });
    }

    /** ENQ-11 as design §10 has it: the true time of the call; the wished start is a field of its own. */
    @Test
    void shouldRecordWhenAJobWasEnqueued() {
        Item future = new Item("future");
        future.startAtMs = harness.wallMs + 60_000;
        Item past = new Item("past");
        past.startAtMs = 5;
        client.enqueue(future, past, new Item("now"));
        for (String id : List.of("future", "past", "now")) {
            assertThat((long) verbs.read(id, job -> job.enqueuedAtMs())).as(id).isEqualTo(harness.wallMs);
        }
        assertThat((long) verbs.read("future", job -> job.startAtMs())).isEqualTo(future.startAtMs);
        assertThat((long) verbs.read("past", job -> job.startAtMs())).isEqualTo(5);
    }

    /** ENQ-10, ORD-3: a start in the past is due at once and sorts by that time. */
    @Test
    void shouldRunFirstWhatWasDueFirst() {
        Item past = new Item("past");
        past.startAtMs = harness.wallMs - 1_000;
        Item longPast = new Item("long past");
        longPast.startAtMs = harness.wallMs - 2_000;
        client.enqueue(new Item("now"), past, longPast);
        assertThat(client.lease("w", 5)).extracting(Task::id).containsExactly("long past", "past", "now");
    }

    /** ENQ-4, MODEL-9: one of many with the same id is taken, whoever comes first; others are not touched by it. */
    @Test
    void shouldTakeOneOfManyEnqueuesWithTheSameId() {
        List<TestClient> clients = new ArrayList<>();
        List<Long> same = new ArrayList<>();
        List<Long> different = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            TestClient each = new TestClient(harness, 10 + i);
            clients.add(each);
            same.add(each.sendEnqueue(new Item("same")));
            different.add(each.sendEnqueue(new Item("own" + i)));
        }
        harness.run();
        int accepted = 0;
        for (int i = 0; i < clients.size(); i++) {
            int code = clients.get(i)
                    .reply(
                            same.get(i),
                            reply -> TestClient.enqueueCodes(reply, 1).get(0));
            assertThat(code).isIn(OK, RejectReason.JOB_EXISTS.code());
            accepted += code == OK ? 1 : 0;
            int other = clients.get(i)
                    .reply(
                            different.get(i),
                            reply -> TestClient.enqueueCodes(reply, 1).get(0));
            assertThat(other).isEqualTo(OK);
        }
        assertThat(accepted).isEqualTo(1);
        assertThat(harness.shard.view().jobs().count()).isEqualTo(21);
    }

    /** CANCEL-9, MODEL-9, MODEL-3: whichever of a cancel and a lease comes first decides what the other meets. */
    @Test
    void shouldPutACancelAndALeaseInOneOrderOrTheOther() {
        client.enqueue("lease first");
        TestClient worker = new TestClient(harness, 2);
        long leased = worker.sendLease("w", "g", 1, 0, 0);
        assertThat(verbs.cancel("lease first")).isEqualTo("OK");
        assertThat(worker.reply(leased, TestClient::tasks)).hasSize(1);
        assertThat(client.get("lease first").status()).isEqualTo("RUNNING");
        assertThat((long) verbs.read("lease first", job -> job.cancelledAtMs())).isEqualTo(harness.wallMs);

        client.enqueue("cancel first");
        assertThat(verbs.cancel("cancel first")).isEqualTo("OK");
        assertThat(client.lease("w", 1)).isEmpty();
        assertThat(client.get("cancel first").status()).isEqualTo("CANCELLED");
    }

    /** CANCEL-8: one that was imported as cancelled is so, and can be restarted; neither gives it a second end. */
    @Test
    void shouldCallAnImportedCancelledJobCancelled() {
        assertThat(verbs.importJob(new Item("j"), Ended.cancelled(10))).isEqualTo("CANCELLED");
        assertThat(verbs.cancel("j")).isEqualTo("JOB_ALREADY_CANCELLED");
        assertThat(verbs.restart("j")).isEqualTo("OK");
        assertThat(client.get("j").status()).isEqualTo("SCHEDULED");
    }

    /** CNT-1, CNT-2, RETRY-9, IMPORT-9, IMPORT-15: the counters follow every change, and outlive a restart. */
    @Test
    void shouldCountJobsByTheirStateThroughEveryChange() {
        Item item = new Item("j");
        item.retryCount = 1;
        item.retryInitialMs = 0;
        client.enqueue(item);
        assertCounts("enqueued", 1, 1, 0);
        client.fail(lease("j"), "E");
        assertCounts("a retry ends nothing", 1, 1, 0);
        client.fail(lease("j"), "E");
        assertCounts("failed", 1, 0, 1);
        verbs.restart("j");
        assertCounts("restarted", 1, 1, 0);
        Task running = lease("j");
        verbs.cancel("j");
        assertCounts("cancelled while it ran", 1, 0, 0);
        client.report(running, Outcome.CANCELLED, "", "");
        assertCounts("acknowledged", 1, 0, 1);
        assertThat(verbs.importJob(new Item("i"), Ended.failed(10, "E"))).isEqualTo("FAILED");
        assertCounts("imported as ended", 2, 0, 2);
        Item again = new Item("i");
        again.retryCount = 5;
        assertThat(verbs.importJob(again, Ended.failed(10, "E"), Ended.failed(20, "E")))
                .isEqualTo("SCHEDULED");
        assertCounts("imported again as waiting", 2, 1, 1);
        assertThat(verbs.importJob(again, Ended.failed(10, "E"), Ended.failed(20, "E"), Ended.succeeded(30, "r")))
                .isEqualTo("SUCCEEDED");
        assertCounts("imported again as ended", 2, 0, 2);
        harness.kill();
        assertCounts("after a restart", 2, 0, 2);
        new TestVerbs(new TestClient(harness, 2)).delete("i");
        assertCounts("deleted", 1, 0, 1);
        harness.shard.checkInvariants();
    }

    private void assertCounts(String when, int all, int scheduled, int ended) {
        assertThat(harness.shard.view().jobs().count()).as(when).isEqualTo(all);
        UnsafeBuffer tenant = new UnsafeBuffer(new byte[] {'-'});
        int number = harness.shard.view().findTenant(tenant, 0, 1);
        assertThat(harness.shard.view().jobCount(number, JobState.SCHEDULED))
                .as(when)
                .isEqualTo(scheduled);
        assertThat(harness.shard.view().finishedCount()).as(when).isEqualTo(ended);
    }
}
