package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.AttemptStatus;
import io.silo.client.ImportResult;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.Job;
import io.silo.client.JobChange;
import io.silo.client.JobHandle;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.JobResult;
import io.silo.client.JobStatus;
import io.silo.client.LeasedTask;
import io.silo.client.Payload;
import io.silo.client.RetryPolicy;
import io.silo.client.SiloWorker;
import io.silo.client.TaskHandler;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Everything that is done to a job besides running it: the Java client against a real server, over shared memory. */
@Timeout(60)
class JobChangesIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final Instant THEN = Instant.ofEpochMilli(1_700_000_000_000L);

    /** CANCEL-1, CANCEL-2, CANCEL-3, CANCEL-4, CANCEL-5, CANCEL-7. */
    @Test
    void shouldCancelAJobThatWaits() {
        final JobHandle waiting = client.enqueue(
                JobRequest.to("cancel").startAfter(Duration.ofHours(1)).build());
        final Instant next = waiting.get().nextStartAt();
        assertThat(waiting.cancel()).isEqualTo(JobStatus.CANCELLED);
        final Job cancelled = read(waiting);
        assertThat(cancelled.status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(cancelled.cancelledAt()).isNotNull().isEqualTo(cancelled.changedAt());
        // GET-4.
        assertThat(cancelled.nextStartAt()).isEqualTo(next);
        assertThat(cancelled.attempts()).isEmpty();
        assertThat(waiting.awaitResult(Duration.ZERO).status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(reason(waiting::cancel)).isEqualTo(RejectReason.JOB_ALREADY_CANCELLED);
        assertThat(reason(() -> client.cancel("no such job"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
        final JobHandle succeeded = client.enqueue(JobRequest.to("cancel").build());
        final JobHandle retrying = client.enqueue(JobRequest.to("cancel")
                .id("retrying")
                .retry(RetryPolicy.fixed(3, Duration.ofHours(1)))
                .build());
        final JobHandle never = client.enqueue(
                JobRequest.to("cancel").startAfter(Duration.ofMillis(300)).build());
        never.cancel();
        final AtomicInteger runs = new AtomicInteger();
        try (SiloWorker worker = worker("cancel", task -> {
            runs.incrementAndGet();
            return task.id().equals("retrying") ? TaskResult.fail("E", "") : TaskResult.success();
        })) {
            assertThat(succeeded.awaitResult(SOON).isSuccess()).isTrue();
            await(() -> retrying.get().attempt() == 2);
            assertThat(reason(succeeded::cancel)).isEqualTo(RejectReason.JOB_TERMINAL);
            assertThat(retrying.cancel()).isEqualTo(JobStatus.CANCELLED);
            sleep(600);
            assertThat(worker.heldCount()).isZero();
        }
        assertThat(runs).as("the cancelled one never ran").hasValue(2);
        // GET-6.
        assertThat(retrying.awaitResult(Duration.ZERO).status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(read(retrying).attempts()).extracting("status").containsExactly(AttemptStatus.FAILED);
    }

    /** CANCEL-2, CANCEL-6, HB-4, OUT-11: success, failure and acknowledgement of a job that is to be cancelled. */
    @Test
    void shouldTellTheWorkerOfAJobThatRuns() throws InterruptedException {
        final CountDownLatch begun = new CountDownLatch(3);
        final CountDownLatch told = new CountDownLatch(3);
        try (SiloWorker worker = worker("told", task -> {
            final CountDownLatch cancelled = new CountDownLatch(1);
            task.onCancel(cancelled::countDown);
            begun.countDown();
            cancelled.await();
            told.countDown();
            return switch (task.id()) {
                case "obeys" -> TaskResult.cancelled();
                case "finishes" -> TaskResult.success("done");
                default -> throw new IllegalStateException("stopped in the middle");
            };
        })) {
            final List<JobHandle> jobs = new ArrayList<>();
            for (final String id : List.of("obeys", "finishes", "throws")) {
                jobs.add(client.enqueue(JobRequest.to("told")
                        .id(id)
                        .retry(RetryPolicy.fixed(5, Duration.ZERO))
                        .build()));
            }
            assertThat(begun.await(15, TimeUnit.SECONDS)).isTrue();
            final Instant before = Instant.now().minusSeconds(1);
            for (final JobHandle job : jobs) {
                assertThat(job.cancel()).isEqualTo(JobStatus.RUNNING);
                assertThat(reason(job::cancel)).isEqualTo(RejectReason.JOB_ALREADY_CANCELLED);
                assertThat(reason(job::expedite)).isEqualTo(RejectReason.JOB_ALREADY_CANCELLED);
                assertThat(reason(job::restart)).isEqualTo(RejectReason.JOB_IN_PROGRESS);
                final Job running = job.get();
                assertThat(running.status()).isIn(JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.SUCCEEDED);
                if (running.status() == JobStatus.RUNNING) {
                    assertThat(running.cancelledAt()).isAfter(before);
                }
            }
            assertThat(told.await(5, TimeUnit.SECONDS)).as("told by heartbeat").isTrue();
            assertThat(jobs.get(0).awaitResult(SOON).status()).isEqualTo(JobStatus.CANCELLED);
            assertThat(jobs.get(1).awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            assertThat(jobs.get(2).awaitResult(SOON).status()).isEqualTo(JobStatus.CANCELLED);
            assertThat(worker.workerId()).isNotEmpty();
            assertThat(read(jobs.get(0)).attempts()).extracting("status").containsExactly(AttemptStatus.CANCELLED);
            assertThat(read(jobs.get(2)).attempts()).extracting("status").containsExactly(AttemptStatus.FAILED);
        }
    }

    /** RESTART-1, RESTART-2, RESTART-3, RESTART-4, RESTART-5. */
    @Test
    void shouldRestartWhatFailedOrWasCancelled() {
        final AtomicInteger runs = new AtomicInteger();
        final List<Integer> relative = new ArrayList<>();
        try (SiloWorker worker = worker("restart", task -> {
            relative.add(task.relativeAttempt());
            return runs.incrementAndGet() < 4 ? TaskResult.fail("E", "") : TaskResult.success("at last");
        })) {
            final JobHandle job = client.enqueue(JobRequest.to("restart")
                    .retry(RetryPolicy.fixed(1, Duration.ZERO))
                    .build());
            assertThat(job.awaitResult(SOON).status()).isEqualTo(JobStatus.FAILED);
            assertThat(job.restart()).isEqualTo(JobStatus.SCHEDULED);
            assertThat(job.awaitResult(SOON).isSuccess()).isTrue();
            final Job done = read(job);
            assertThat(done.attempt()).isEqualTo(4);
            assertThat(done.relativeAttempt()).isEqualTo(2);
            assertThat(done.attempts()).extracting("number").containsExactly(1, 2, 3, 4);
            assertThat(relative).containsExactly(1, 2, 1, 2);
            assertThat(reason(job::restart)).isEqualTo(RejectReason.JOB_SUCCEEDED);
            assertThat(worker.completedCount()).isEqualTo(4);
        }
        assertThat(reason(() -> client.restart("no such job"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
        final JobHandle later = client.enqueue(
                JobRequest.to("restart").startAfter(Duration.ofHours(1)).build());
        assertThat(reason(later::restart)).isEqualTo(RejectReason.JOB_IN_PROGRESS);
        final Instant start = later.get().startAt();
        later.cancel();
        later.restart();
        assertThat(later.get().nextStartAt()).as("a future start is kept").isEqualTo(start);
        assertThat(later.get().cancelledAt()).isNull();
    }

    /** EXPED-1, EXPED-2, EXPED-3, EXPED-4. */
    @Test
    void shouldExpediteWhatWaits() {
        final JobHandle job = client.enqueue(JobRequest.to("expedite")
                .startAfter(Duration.ofHours(1))
                .retry(RetryPolicy.fixed(1, Duration.ofHours(1)))
                .build());
        assertThat(job.expedite()).isEqualTo(JobStatus.SCHEDULED);
        assertThat(reason(job::expedite)).isEqualTo(RejectReason.JOB_ALREADY_READY);
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final AtomicInteger runs = new AtomicInteger();
        try (SiloWorker worker = worker("expedite", task -> {
            begun.countDown();
            go.await();
            return runs.incrementAndGet() == 1 ? TaskResult.fail("E", "") : TaskResult.success();
        })) {
            await(() -> begun.getCount() == 0);
            assertThat(reason(job::expedite)).isEqualTo(RejectReason.JOB_RUNNING);
            go.countDown();
            await(() -> job.get().status() == JobStatus.SCHEDULED);
            assertThat(job.get().attempt()).isEqualTo(2);
            job.expedite();
            assertThat(job.awaitResult(SOON).isSuccess()).isTrue();
            assertThat(job.get().attempt()).isEqualTo(2);
            assertThat(worker.heldCount()).isLessThanOrEqualTo(1);
        }
        assertThat(reason(job::expedite)).isEqualTo(RejectReason.JOB_TERMINAL);
        assertThat(reason(() -> client.expedite("no such job"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
    }

    /** DELETE-1, DELETE-2, DELETE-3, DELETE-4, ENQ-5. */
    @Test
    void shouldDeleteWhatHasEnded() {
        final JobHandle job = client.enqueue(
                JobRequest.to("delete").id("deleted").payload("first").build());
        assertThat(reason(job::delete)).isEqualTo(RejectReason.JOB_IN_PROGRESS);
        try (SiloWorker worker = worker("delete", task -> TaskResult.success("of the first"))) {
            assertThat(job.awaitResult(SOON).isSuccess()).isTrue();
            assertThat(worker.completedCount()).isEqualTo(1);
        }
        job.delete();
        assertThat(reason(job::get)).isEqualTo(RejectReason.JOB_NOT_FOUND);
        client.delete("deleted");
        client.delete("never was");

        client.enqueue(JobRequest.to("delete").id("deleted").payload("second").build());
        final Job again = read(job);
        assertThat(again.payload().text()).isEqualTo("second");
        assertThat(again.attempts()).isEmpty();
        assertThat(again.status()).isEqualTo(JobStatus.SCHEDULED);
        assertThat(again.result()).isNull();
    }

    @Test
    void shouldAnswerForEachOfManyJobsInOrder() {
        final List<JobRequest> requests = new ArrayList<>();
        final List<JobRef> jobs = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            final String tenant = "tenant " + i % 7;
            // Long ids: the messages are full before they hold 1,024 of them.
            final String id = "x".repeat(230) + i;
            jobs.add(new JobRef(tenant, id));
            if (i % 10 != 3) {
                requests.add(JobRequest.to("many")
                        .tenant(tenant)
                        .id(id)
                        .startAfter(Duration.ofHours(1))
                        .build());
            }
        }
        jobs.set(17, new JobRef("t", "x".repeat(70_000)));
        jobs.set(18, new JobRef("t", "x".repeat(257)));
        assertThat(client.enqueueAll(requests)).allMatch(result -> result.isAccepted());

        final List<JobChange> cancelled = client.cancelAll(jobs);
        final List<JobChange> deleted = client.deleteAll(jobs);
        assertThat(cancelled).extracting(JobChange::job).isEqualTo(jobs);
        for (int i = 0; i < 3_000; i++) {
            final boolean known = i % 10 != 3;
            final boolean invalid = i == 17 || i == 18;
            assertThat(cancelled.get(i).rejected())
                    .as("%s", i)
                    .isEqualTo(invalid ? RejectReason.INVALID_JOB_ID : known ? null : RejectReason.JOB_NOT_FOUND);
            assertThat(cancelled.get(i).status()).isEqualTo(known && !invalid ? JobStatus.CANCELLED : null);
            assertThat(deleted.get(i).isAccepted()).isEqualTo(!invalid);
            assertThat(deleted.get(i).status()).isNull();
        }
        assertThat(client.restartAll(jobs.subList(0, 1)).get(0).rejected()).isEqualTo(RejectReason.JOB_NOT_FOUND);
        assertThat(client.expediteAll(List.of())).isEmpty();
    }

    /** LT-1, LT-2, LT-3. */
    @Test
    void shouldLeaseAJobByItsId() {
        final JobHandle job = client.enqueue(JobRequest.to("lease")
                .startAfter(Duration.ofHours(1))
                .payload(Payload.raw(bytes(200_000)))
                .build());
        final LeasedTask lease = client.leaseJob("-", job.id(), "operator");
        assertThat(lease.task().payload().bytes()).isEqualTo(bytes(200_000));
        assertThat(lease.task().attempt()).isEqualTo(1);
        assertThat(job.get().status()).isEqualTo(JobStatus.RUNNING);
        assertThat(reason(() -> client.leaseJob("-", job.id(), "other"))).isEqualTo(RejectReason.JOB_RUNNING);
        assertThat(reason(() -> client.leaseJob("-", job.id(), ""))).isEqualTo(RejectReason.INVALID_WORKER_ID);
        assertThat(reason(() -> client.leaseJob("-", "no such job", "w"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
        assertThat(lease.heartbeat()).isFalse();
        job.cancel();
        assertThat(lease.heartbeat()).isTrue();
        assertThat(lease.task().isCancelled()).isTrue();
        lease.report(TaskResult.success(Payload.raw(bytes(100_000))));
        // As a worker's: a repeated outcome is fine.
        lease.report(TaskResult.success(Payload.raw(bytes(100_000))));
        assertThat(job.awaitResult(Duration.ZERO).result().bytes()).isEqualTo(bytes(100_000));
        assertThat(reason(lease::heartbeat)).isEqualTo(RejectReason.LEASE_NOT_FOUND);
        assertThat(reason(() -> client.leaseJob("-", job.id(), "w"))).isEqualTo(RejectReason.JOB_TERMINAL);

        final JobHandle returned = client.enqueue(JobRequest.to("lease").build());
        client.leaseJob("-", returned.id(), "operator").giveBack();
        assertThat(returned.get().status()).isEqualTo(JobStatus.SCHEDULED);
        client.leaseJob("-", returned.id(), "operator").report(TaskResult.snooze(Duration.ofHours(1)));
        assertThat(returned.get().nextStartAt()).isAfter(Instant.now().plusSeconds(3_000));
        returned.cancel();
        assertThat(reason(() -> client.leaseJob("-", returned.id(), "w")))
                .isEqualTo(RejectReason.JOB_ALREADY_CANCELLED);
    }

    @Test
    void shouldSnoozeWithoutSpendingAnAttempt() {
        final List<Integer> attempts = new ArrayList<>();
        final JobHandle job = client.enqueue(JobRequest.to("snooze").build());
        final long begunNs = System.nanoTime();
        try (SiloWorker worker = worker("snooze", task -> {
            attempts.add(task.attempt());
            return attempts.size() < 3 ? TaskResult.snooze(Duration.ofMillis(300)) : TaskResult.success();
        })) {
            final JobResult result = job.awaitResult(SOON);
            assertThat(result.isSuccess()).isTrue();
            assertThat(result.attempt()).isEqualTo(1);
            assertThat(worker.completedCount()).isEqualTo(1);
        }
        assertThat(attempts).containsExactly(1, 1, 1);
        assertThat(Duration.ofNanos(System.nanoTime() - begunNs)).isGreaterThan(Duration.ofMillis(600));
        assertThat(read(job).attempts()).hasSize(1);
    }

    @Test
    void shouldFailAJobThatIsNotStartedInTime() {
        final JobHandle late = client.enqueue(JobRequest.to("nobody works here")
                .startDeadline(Instant.now().plusMillis(400))
                .retry(RetryPolicy.fixed(3, Duration.ZERO))
                .build());
        assertThat(late.get().startDeadline()).isNotNull();
        final JobResult result = late.awaitResult(SOON);
        assertThat(result.status()).isEqualTo(JobStatus.FAILED);
        assertThat(result.errorCode()).isEqualTo("START_DEADLINE_EXCEEDED");
        assertThat(reason(() -> client.enqueue(JobRequest.to("g")
                        .startDeadline(Instant.now().minusSeconds(60))
                        .build())))
                .isEqualTo(RejectReason.INVALID_START_DEADLINE);
        assertThat(reason(() -> client.enqueue(
                        JobRequest.to("g").startDeadline(Instant.EPOCH).build())))
                .isEqualTo(RejectReason.INVALID_START_DEADLINE);
        try (SiloWorker worker = worker("in time", task -> TaskResult.success())) {
            final JobHandle inTime = client.enqueue(JobRequest.to("in time")
                    .startDeadline(Instant.now().plusSeconds(10))
                    .build());
            assertThat(inTime.awaitResult(SOON).isSuccess()).isTrue();
            assertThat(worker.completedCount()).isEqualTo(1);
        }
    }

    @Test
    void shouldEndAnAttemptThatRunsForTooLong() {
        final AtomicInteger obeyed = new AtomicInteger();
        try (SiloWorker worker = worker("max run", task -> {
            assertThat(task.deadline()).isNotNull();
            if (task.id().equals("deaf")) {
                Thread.sleep(20_000); // until the lost lease interrupts it
            }
            while (!task.isCancelled()) {
                Thread.sleep(5);
            }
            return obeyed.incrementAndGet() == 1 ? TaskResult.cancelled() : TaskResult.fail("LATE", "");
        })) {
            final JobRequest.Builder request = JobRequest.to("max run")
                    .lease(Duration.ofSeconds(30))
                    .maxRun(Duration.ofMillis(400))
                    .retry(RetryPolicy.fixed(1, Duration.ZERO));
            final JobHandle deaf = client.enqueue(request.id("deaf").build());
            final JobHandle obeys = client.enqueue(request.id("stops").build());
            for (final JobHandle job : List.of(deaf, obeys)) {
                final JobResult result = job.awaitResult(SOON);
                assertThat(result.status()).as(job.id()).isEqualTo(JobStatus.FAILED);
                assertThat(result.errorCode()).isIn("MAX_RUN_EXCEEDED", "LATE");
                assertThat(result.attempt()).isEqualTo(2);
            }
            assertThat(read(deaf).attempts()).extracting("errorCode").containsOnly("MAX_RUN_EXCEEDED");
            assertThat(read(deaf).maxRun()).isEqualTo(Duration.ofMillis(400));
            assertThat(worker.workerId()).isNotEmpty();
        }
        for (final Duration wrong : List.of(Duration.ofMillis(99), Duration.ofDays(25), Duration.ofMillis(-1))) {
            assertThat(reason(() ->
                            client.enqueue(JobRequest.to("g").maxRun(wrong).build())))
                    .isEqualTo(RejectReason.INVALID_MAX_RUN);
        }
    }

    /** IMPORT-1, IMPORT-2, IMPORT-4, IMPORT-5, IMPORT-6, IMPORT-7. */
    @Test
    void shouldImportJobsWithTheirHistory() {
        final RetryPolicy twice = RetryPolicy.fixed(2, Duration.ofSeconds(1));
        final ImportedAttempt failed = failed(1, Payload.text("why"));
        final ImportedAttempt succeeded =
                ImportedAttempt.succeeded(THEN.plusSeconds(8), THEN.plusSeconds(9), Payload.json("{}"));
        final List<ImportResult> results = client.importJobs(List.of(
                imported("new", RetryPolicy.NONE),
                imported("succeeded", RetryPolicy.NONE, failed, succeeded),
                imported("cancelled", RetryPolicy.NONE, ImportedAttempt.cancelled(THEN, THEN)),
                imported("failed", RetryPolicy.NONE, failed),
                imported("retries", twice, failed, failed),
                imported("spent", twice, failed, failed, failed),
                imported("wrong order", twice, failed, succeeded, failed),
                imported("no code", twice, failed, ImportedAttempt.failed(THEN, THEN, "", Payload.EMPTY)),
                imported("new", RetryPolicy.NONE, failed)));
        assertThat(results)
                .extracting(ImportResult::status)
                .containsExactly(
                        JobStatus.SCHEDULED,
                        JobStatus.SUCCEEDED,
                        JobStatus.CANCELLED,
                        JobStatus.FAILED,
                        JobStatus.SCHEDULED,
                        JobStatus.FAILED,
                        null,
                        null,
                        null);
        assertThat(results.subList(6, 9))
                .extracting(ImportResult::rejected, ImportResult::attempt)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(RejectReason.ATTEMPT_NOT_FAILED, 2),
                        org.assertj.core.groups.Tuple.tuple(RejectReason.INVALID_ERROR_CODE, 2),
                        org.assertj.core.groups.Tuple.tuple(RejectReason.TWICE_IN_BATCH, 0));
        final Job job = read("succeeded");
        assertThat(job.enqueuedAt()).isEqualTo(THEN);
        assertThat(job.changedAt()).isEqualTo(THEN.plusSeconds(9));
        assertThat(job.result()).isEqualTo(Payload.json("{}"));
        assertThat(job.attempts()).extracting("number").containsExactly(1, 2);
        assertThat(job.attempts()).extracting("startedAt").containsExactly(THEN.plusSeconds(1), THEN.plusSeconds(8));
        assertThat(job.attempts().get(0).errorCode()).isEqualTo("E");
        final Job retries = read("retries");
        assertThat(retries.attempt()).isEqualTo(3);
        assertThat(client.cancel("retries")).isEqualTo(JobStatus.CANCELLED);
        assertThat(client.importJobs(List.of())).isEmpty();
    }

    /** IMPORT-3, IMPORT-10, IMPORT-11, IMPORT-12, IMPORT-13, IMPORT-14, IMPORT-17. */
    @Test
    void shouldImportMoreAttemptsOfAJobThatExists() {
        final ImportedAttempt first = failed(1, Payload.text("first"));
        final ImportedAttempt second = failed(2, Payload.text("second"));
        final ImportedAttempt success =
                ImportedAttempt.succeeded(THEN.plusSeconds(5), THEN.plusSeconds(6), Payload.EMPTY);
        assertThat(importOne(imported("grows", RetryPolicy.NONE, first)).status())
                .isEqualTo(JobStatus.FAILED);
        assertRefused(imported("grows", RetryPolicy.NONE, first), RejectReason.NO_NEW_ATTEMPT, 0);
        assertRefused(imported("grows", RetryPolicy.NONE), RejectReason.ATTEMPTS_MISSING, 0);
        final ImportedAttempt other = failed(1, Payload.text("other"));
        assertRefused(imported("grows", RetryPolicy.NONE, other, second), RejectReason.ATTEMPT_MISMATCH, 1);
        assertThat(importOne(imported("grows", RetryPolicy.fixed(9, Duration.ZERO), first, second))
                        .status())
                .isEqualTo(JobStatus.SCHEDULED);
        assertThat(client.cancel("grows")).isEqualTo(JobStatus.CANCELLED);
        assertThat(importOne(imported("grows", RetryPolicy.NONE, first, second, success))
                        .status())
                .isEqualTo(JobStatus.SUCCEEDED);
        assertThat(read("grows").attempts()).hasSize(3);
        assertThat(read("grows").cancelledAt()).isNull();
        assertRefused(imported("grows", RetryPolicy.NONE, first, second, success), RejectReason.JOB_SUCCEEDED, 0);

        importOne(imported("runs", RetryPolicy.NONE));
        client.leaseJob("-", "runs", "operator");
        assertRefused(imported("runs", RetryPolicy.NONE, first), RejectReason.JOB_RUNNING, 0);
    }

    @Test
    void shouldImportManyAndLargeOnesInTheirOrder() {
        final List<ImportedJob> jobs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            // 1,800 bytes each: 64 of them nearly fill a message; every 50th has parts that are uploaded.
            final Payload data = Payload.raw(bytes(i % 50 == 7 ? 150_000 : 1_800));
            final JobRequest request = JobRequest.to("many")
                    .tenant("tenant " + i % 5)
                    .id("imported " + i)
                    .payload(data)
                    .build();
            final ImportedAttempt running = new ImportedAttempt(AttemptStatus.RUNNING, THEN, THEN, null, Payload.EMPTY);
            final List<ImportedAttempt> attempts =
                    i == 20 ? List.of(running) : List.of(failed(1, data), failed(2, data));
            jobs.add(new ImportedJob(request, THEN, attempts));
        }
        final List<ImportResult> results = client.importJobs(jobs);
        for (int i = 0; i < 300; i++) {
            assertThat(results.get(i).job()).isEqualTo(new JobRef("tenant " + i % 5, "imported " + i));
            assertThat(results.get(i).rejected()).isEqualTo(i == 20 ? RejectReason.INVALID_ATTEMPT : null);
            assertThat(results.get(i).attempt()).isEqualTo(i == 20 ? 1 : 0);
        }
        final Job large = client.getJobAsync("tenant 2", "imported 107", true).join();
        assertThat(large.payload().bytes()).isEqualTo(bytes(150_000));
        assertThat(large.result()).isNotNull();
        assertThat(large.result().bytes()).isEqualTo(bytes(150_000));
        assertThat(large.attempts().get(1).result().bytes()).isEqualTo(bytes(150_000));
        // The same again, uploads and all, and one attempt more.
        final List<ImportedAttempt> more = new ArrayList<>(jobs.get(107).attempts());
        assertThat(importOne(jobs.get(107)).rejected()).isEqualTo(RejectReason.NO_NEW_ATTEMPT);
        more.add(failed(3, Payload.raw(bytes(80_000))));
        assertThat(importOne(new ImportedJob(jobs.get(107).job(), THEN, more)).status())
                .isEqualTo(JobStatus.FAILED);
    }

    private static ImportedAttempt failed(int number, Payload data) {
        return ImportedAttempt.failed(THEN.plusSeconds(number), THEN.plusSeconds(number), "E", data);
    }

    private static ImportedJob imported(String id, RetryPolicy retry, ImportedAttempt... attempts) {
        final JobRequest job = JobRequest.to("imported").id(id).retry(retry).build();
        return new ImportedJob(job, THEN, List.of(attempts));
    }

    private static ImportResult importOne(ImportedJob job) {
        return client.importJobs(List.of(job)).get(0);
    }

    private static void assertRefused(ImportedJob job, RejectReason reason, int attempt) {
        final ImportResult result = importOne(job);
        assertThat(result.rejected()).isEqualTo(reason);
        assertThat(result.attempt()).isEqualTo(attempt);
        assertThat(result.status()).isNull();
    }

    private static SiloWorker worker(String taskGroup, TaskHandler handler) {
        return SiloWorker.with(client)
                .taskGroup(taskGroup)
                .concurrency(4)
                .stopTimeout(SOON)
                .handler(handler)
                .start();
    }

    private static Job read(JobHandle job) {
        return read(job.id());
    }

    private static Job read(String id) {
        return client.getJobAsync("-", id, true).join();
    }

    private static byte[] bytes(int length) {
        final byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
