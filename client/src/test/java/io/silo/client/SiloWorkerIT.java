package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class SiloWorkerIT {
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldRunEveryTaskOnceWithinItsConcurrency(boolean udp) {
        final Set<String> ran = ConcurrentHashMap.newKeySet();
        final AtomicInteger atOnce = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        try (SiloClient client = server.client(udp).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(4)
                        .handler(task -> {
                            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                            assertThat(ran.add(task.id())).isTrue();
                            atOnce.decrementAndGet();
                            return TaskResult.success("done " + task.payload().text());
                        })
                        .start()) {
            final List<JobRequest> requests = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                requests.add(JobRequest.to("g").id("job-" + i).payload("p" + i).build());
            }
            client.enqueueAll(requests);
            TestServer.await("all done", () -> worker.completedCount() == 2_000 && worker.heldCount() == 0);
            assertThat(ran).hasSize(2_000);
            assertThat(most.get()).isLessThanOrEqualTo(4);
            assertThat(server.broker.mostLeased.get()).isLessThanOrEqualTo(4);
            assertThat(client.getResult("job-77").result().text()).isEqualTo("done p77");
            assertThat(worker.idleTime()).isPositive();
        }
        assertThat(server.broker.returned).isEmpty();
    }

    @Test
    void shouldReportFailuresAndCancellations() {
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(2)
                        .handler(task -> switch (task.id()) {
                            case "fail" -> TaskResult.fail("NO_ROUTE", "to host");
                            case "throw" -> throw new IllegalArgumentException("bad input");
                            case "null" -> null;
                            case "retry" ->
                                task.isLastAttempt() ? TaskResult.success() : TaskResult.fail("AGAIN", "later");
                            default -> TaskResult.cancelled();
                        })
                        .start()) {
            final JobResult failed = run(client, JobRequest.to("g").id("fail"));
            assertThat(failed.status()).isEqualTo(JobStatus.FAILED);
            assertThat(failed.errorCode()).isEqualTo("NO_ROUTE");
            assertThat(failed.result()).isEqualTo(Payload.text("to host"));
            final JobResult thrown = run(client, JobRequest.to("g").id("throw"));
            assertThat(thrown.errorCode()).isEqualTo("java.lang.IllegalArgumentException");
            assertThat(thrown.result().text()).contains("bad input").contains("SiloWorkerIT");
            assertThat(run(client, JobRequest.to("g").id("null")).errorCode()).isEqualTo("NO_RESULT");
            assertThat(run(client, JobRequest.to("g").id("cancel")).status()).isEqualTo(JobStatus.CANCELLED);
            final JobResult retried =
                    run(client, JobRequest.to("g").id("retry").retry(RetryPolicy.fixed(1, Duration.ofMillis(1))));
            assertThat(retried.isSuccess()).isTrue();
            assertThat(retried.attempt()).isEqualTo(2);
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    private static JobResult run(SiloClient client, JobRequest.Builder request) {
        return client.enqueue(request.build()).awaitResult(Duration.ofSeconds(10));
    }

    @Test
    void shouldCarryLargePayloadsAndResults() {
        server.broker.loseUploadsLeft.set(1);
        final byte[] bytes = new byte[700_000];
        bytes[699_999] = 42;
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .handler(task -> TaskResult.success(task.payload()))
                        .start()) {
            final JobResult result = run(client, JobRequest.to("g").payload(Payload.raw(bytes)));
            assertThat(result.result().bytes()).isEqualTo(bytes);
            assertThat(worker.completedCount()).isPositive();
        }
    }

    @Test
    void shouldFailATaskWhosePayloadIsDamaged() {
        server.broker.corrupt.add("bad");
        final AtomicBoolean ran = new AtomicBoolean();
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .handler(task -> {
                            ran.set(true);
                            return TaskResult.success();
                        })
                        .start()) {
            final JobResult result = run(client, JobRequest.to("g").id("bad").payload("x"));
            assertThat(result.errorCode()).isEqualTo(RejectReason.PAYLOAD_CORRUPT.name());
            assertThat(ran).isFalse();
            assertThat(worker.heldCount()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void shouldKeepTheLeaseOfALongTaskAndLoseItWhenTheServerSaysSo() throws InterruptedException {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch interrupted = new CountDownLatch(1);
        final AtomicBoolean flagged = new AtomicBoolean();
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(1)
                        .handler(task -> {
                            if (task.id().equals("next")) {
                                return TaskResult.success();
                            }
                            begun.countDown();
                            try {
                                Thread.sleep(20_000);
                            } catch (InterruptedException e) {
                                flagged.set(task.isLeaseLost());
                                interrupted.countDown();
                            }
                            return TaskResult.success();
                        })
                        .start()) {
            client.enqueue(JobRequest.to("g").id("long").build());
            assertThat(begun.await(5, TimeUnit.SECONDS)).isTrue();
            Thread.sleep(TestBroker.LEASE_MS + 1_000);
            assertThat(server.broker.jobs.get("long").status).as("still leased").isEqualTo(1);
            assertThat(server.broker.jobs.get("long").attempt).isEqualTo(1);
            assertThat(server.broker.heartbeats.get()).isGreaterThanOrEqualTo(3);

            server.broker.orders.add(() -> {
                server.broker.jobs.get("long").status = 4;
            });
            assertThat(interrupted.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(flagged).isTrue();
            // Its credit came back.
            assertThat(run(client, JobRequest.to("g").id("next")).isSuccess()).isTrue();
            assertThat(worker.heldCount()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void shouldTellAHandlerOfACancellation() {
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .handler(task -> {
                            while (!task.isCancelled()) {
                                Thread.sleep(10);
                            }
                            return TaskResult.cancelled();
                        })
                        .start()) {
            final JobHandle handle = client.enqueue(JobRequest.to("g").id("c").build());
            TestServer.await("running", () -> worker.heldCount() == 1);
            server.broker.orders.add(() -> server.broker.jobs.get("c").cancelRequested = true);
            assertThat(handle.awaitResult(Duration.ofSeconds(8)).status()).isEqualTo(JobStatus.CANCELLED);
        }
    }

    @Test
    void shouldRunWhatHangsOnACancellationOnceAndNotOnTheNetworkThread() throws InterruptedException {
        final List<String> threads = Collections.synchronizedList(new ArrayList<>());
        final CountDownLatch ended = new CountDownLatch(1);
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .handler(task -> {
                            final CountDownLatch cancelled = new CountDownLatch(1);
                            task.onCancel(() -> {
                                throw new IllegalStateException("of one action: the next runs all the same");
                            });
                            task.onCancel(
                                    () -> threads.add(Thread.currentThread().getName()));
                            task.onCancel(cancelled::countDown);
                            cancelled.await();
                            // Another heartbeat says it again.
                            Thread.sleep(TestBroker.LEASE_MS);
                            task.onCancel(() -> {
                                threads.add("late");
                                ended.countDown();
                            });
                            ended.await();
                            return TaskResult.cancelled();
                        })
                        .start()) {
            final JobHandle handle = client.enqueue(JobRequest.to("g").id("c").build());
            TestServer.await("running", () -> worker.heldCount() == 1);
            server.broker.orders.add(() -> server.broker.jobs.get("c").cancelRequested = true);
            assertThat(handle.awaitResult(Duration.ofSeconds(10)).status()).isEqualTo(JobStatus.CANCELLED);
            assertThat(threads).containsExactly("silo-cancel-g", "late");
        }
    }

    @Test
    void shouldInterruptACancelledHandlerThatAskedForIt() {
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .interruptOnCancel(true)
                        .handler(task -> {
                            Thread.sleep(20_000);
                            return TaskResult.success();
                        })
                        .start()) {
            final JobHandle handle = client.enqueue(JobRequest.to("g").id("c").build());
            TestServer.await("running", () -> worker.heldCount() == 1);
            server.broker.orders.add(() -> server.broker.jobs.get("c").cancelRequested = true);
            // The test's broker takes the outcome as it is reported.
            final JobResult result = handle.awaitResult(Duration.ofSeconds(8));
            assertThat(result.errorCode()).isEqualTo(InterruptedException.class.getName());
        }
    }

    @Test
    void shouldStopAnAttemptThatRanForAsLongAsItMayAndCallItAFailure() {
        try (SiloClient client = server.client(false).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .handler(task -> {
                            final Instant deadline = task.deadline();
                            while (!task.isCancelled()) {
                                Thread.sleep(1);
                            }
                            assertThat(deadline)
                                    .isBetween(
                                            Instant.now().minusSeconds(5),
                                            Instant.now().plusMillis(50));
                            return TaskResult.cancelled();
                        })
                        .start()) {
            assertThat(worker.heldCount()).isZero();
            final JobResult result = run(client, JobRequest.to("g").id("c").maxRun(Duration.ofMillis(300)));
            // Not CANCELLED, which nobody asked for: the retry policy is to have its say.
            assertThat(result.status()).isEqualTo(JobStatus.FAILED);
            assertThat(result.errorCode()).isEqualTo("MAX_RUN_EXCEEDED");
        }
    }

    @Test
    void shouldSnoozeUntilTheServerHasAnswered() {
        final AtomicInteger runs = new AtomicInteger();
        final List<RejectReason> answers = Collections.synchronizedList(new ArrayList<>());
        try (SiloClient client = server.client(false)
                        .requestTimeout(Duration.ofSeconds(20))
                        .build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(1)
                        .outcomeListener((task, refused) -> answers.add(refused))
                        .handler(task -> runs.incrementAndGet() == 1
                                ? TaskResult.snooze(Duration.ofMillis(1_234))
                                : TaskResult.success())
                        .start()) {
            assertThat(run(client, JobRequest.to("g").id("a")).isSuccess()).isTrue();
            assertThat(runs).hasValue(2);
            assertThat(server.broker.snoozesMs).containsExactly(1_234L);
            TestServer.await("answered", () -> worker.heldCount() == 0);
            assertThat(worker.completedCount()).isEqualTo(1);
            assertThat(answers).containsExactly(null, null);
        }
        for (final Duration wrong : List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(401))) {
            assertThatThrownBy(() -> TaskResult.snooze(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(TaskResult.snooze(Duration.ofNanos(1)).snoozeMs).isEqualTo(1);
    }

    @Test
    void shouldSnoozeAgainWhenTheAnswerIsLostAndNotTakeTheSecondForARefusal() {
        server.broker.swallowReturnsLeft.set(1);
        final AtomicInteger runs = new AtomicInteger();
        final List<RejectReason> answers = Collections.synchronizedList(new ArrayList<>());
        try (SiloClient client = server.client(false)
                        .requestTimeout(Duration.ofSeconds(1))
                        .build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(2)
                        .outcomeListener((task, refused) -> answers.add(refused))
                        .handler(task -> runs.incrementAndGet() == 1
                                ? TaskResult.snooze(Duration.ofMillis(1))
                                : TaskResult.success())
                        .start()) {
            client.enqueue(JobRequest.to("g").id("a").build());
            TestServer.await("done", () -> server.broker.jobs.get("a").status == 2);
            TestServer.await("answered", () -> worker.heldCount() == 0);
            assertThat(server.broker.snoozesMs).containsExactly(1L);
            assertThat(answers).containsExactly(null, null);
        }
    }

    @Test
    void shouldFinishWhatRunsAndGiveBackTheRestWhenStopped() {
        final CountDownLatch begun = new CountDownLatch(2);
        final CountDownLatch release = new CountDownLatch(1);
        try (SiloClient client = server.client(false).build()) {
            final SiloWorker worker = SiloWorker.with(client)
                    .taskGroup("g")
                    .concurrency(2)
                    .handler(task -> {
                        begun.countDown();
                        if (task.id().equals("quick")) {
                            release.await();
                            return TaskResult.success("finished");
                        }
                        Thread.sleep(60_000);
                        return TaskResult.success();
                    })
                    .start();
            final JobHandle quick =
                    client.enqueue(JobRequest.to("g").id("quick").build());
            client.enqueue(JobRequest.to("g").id("slow").build());
            TestServer.await("both run", () -> begun.getCount() == 0);
            client.enqueue(JobRequest.to("g").id("unstarted").build());
            release.countDown();

            final boolean finished = worker.stop(Duration.ofMillis(600));

            assertThat(finished).as("slow did not").isFalse();
            assertThat(quick.awaitResult(Duration.ofSeconds(1)).result().text()).isEqualTo("finished");
            assertThat(server.broker.returned).contains("slow");
            assertThat(server.broker.jobs.get("slow").attempt).as("not spent").isZero();
            assertThat(server.broker.subscriptions).isEmpty();
            assertThat(worker.heldCount()).isZero();
            assertThat(worker.stop(Duration.ZERO)).isTrue();
        }
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldReclaimItsLeasesAndReportAfterARestartOfTheServer(boolean udp) {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final AtomicInteger runs = new AtomicInteger();
        try (SiloClient client = server.client(udp)
                        .requestTimeout(Duration.ofSeconds(20))
                        .build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(2)
                        .handler(task -> {
                            runs.incrementAndGet();
                            if (task.id().equals("during")) {
                                begun.countDown();
                                release.await();
                            }
                            return TaskResult.success();
                        })
                        .start()) {
            client.enqueue(JobRequest.to("g").id("during").build());
            TestServer.await("begun", () -> begun.getCount() == 0);
            server.stop();
            release.countDown();
            TestServer.await("ended unheard", () -> worker.completedCount() == 1);
            // A restarted server gives each lease its full length again.
            server.broker.jobs.get("during").leaseEndsNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            server.start();

            TestServer.await("told at last", () -> server.broker.jobs.get("during").status == 2);
            assertThat(run(client, JobRequest.to("g").id("after")).isSuccess()).isTrue();
            assertThat(runs.get()).isEqualTo(2);
        }
    }

    @Test
    void shouldReportAgainWhenTheAnswerIsLost() {
        server.broker.swallowReportsLeft.set(1);
        try (SiloClient client = server.client(false)
                        .requestTimeout(Duration.ofSeconds(2))
                        .build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("g")
                        .concurrency(1)
                        .handler(task -> TaskResult.success())
                        .start()) {
            client.enqueue(JobRequest.to("g").id("a").build());
            TestServer.await("reported", () -> server.broker.jobs.get("a").status == 2);
            TestServer.await("answered", () -> worker.heldCount() == 0);
            assertThat(run(client, JobRequest.to("g").id("b")).isSuccess()).isTrue();
        }
    }

    @Test
    void shouldRefuseToStartWithoutATaskGroup() {
        try (SiloClient client = server.client(false).build()) {
            assertThat(SiloClientIT.reason(() -> SiloWorker.with(client)
                            .handler(task -> TaskResult.success())
                            .start()))
                    .isEqualTo(RejectReason.TASK_GROUP_REQUIRED);
        }
    }
}
