package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pushed tasks without a worker, and batches of leases. */
@Timeout(30)
class TaskSubscriptionIT {
    private static final String WORKER = "w";

    private TestServer server;

    /** Keeps what it is told. */
    private static final class Kept implements TaskListener {
        final List<LeasedTask> tasks = new CopyOnWriteArrayList<>();
        final List<SiloException> refusals = new CopyOnWriteArrayList<>();

        @Override
        public void onTasks(List<LeasedTask> leased) {
            tasks.addAll(leased);
        }

        @Override
        public void onRefused(SiloException why) {
            refusals.add(why);
        }

        List<LeaseId> leases() {
            return tasks.stream().map(LeasedTask::leaseId).toList();
        }
    }

    @BeforeEach
    void start() {
        server = new TestServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void shouldKeepItsCreditsOverALostSession() throws Exception {
        final Kept kept = new Kept();
        try (SiloClient client = server.client(false).build()) {
            final TaskSubscription subscription = subscribe(client, "g", kept);
            subscription.addCredits(5);
            enqueue(client, "a", 2);
            TestServer.await("two", () -> kept.tasks.size() == 2);
            server.stop();
            // Given while nobody is there.
            subscription.addCredits(1);
            server.start();
            enqueue(client, "b", 10);
            TestServer.await("four more", () -> kept.tasks.size() == 6);
            Thread.sleep(200);
            assertThat(kept.tasks)
                    .extracting(leased -> leased.task().id())
                    .doesNotHaveDuplicates()
                    .hasSize(6);
            assertThat(kept.refusals).isEmpty();
        }
    }

    @Test
    void shouldTellTheLastTaskBeforeItHasStopped() throws Exception {
        for (int round = 0; round < 50; round++) {
            final Kept kept = new Kept();
            try (SiloClient client = server.client(false).build()) {
                final TaskSubscription subscription = subscribe(client, "g", kept);
                subscription.addCredits(1_000);
                enqueue(client, "r" + round + "-", 50);
                subscription.stop().get(10, TimeUnit.SECONDS);
                final int told = kept.tasks.size();
                assertThat(server.broker.subscriptions).isEmpty();
                // Of what was leased nothing is unheard of.
                assertThat(server.broker.jobs.values().stream()
                                .filter(job -> job.status == 1)
                                .count())
                        .isEqualTo(told);
                subscription.addCredits(1_000);
                assertThat(subscription.stop()).isDone();
                assertThat(client.leases().giveBackAll(kept.leases(), WORKER).get(10, TimeUnit.SECONDS))
                        .hasSize(told)
                        .allMatch(answer -> answer.refused() == null);
                assertThat(kept.tasks).hasSize(told);
            }
        }
    }

    @Test
    void shouldTellOfARefusalOnceAndBeOver() throws Exception {
        final Kept kept = new Kept();
        try (SiloClient client = server.client(false).build()) {
            final TaskSubscription subscription = subscribe(client, "", kept);
            subscription.addCredits(1);
            subscription.addCredits(1);
            TestServer.await("a refusal", () -> !kept.refusals.isEmpty());
            subscription.stop().get(10, TimeUnit.SECONDS);
            assertThat(kept.refusals)
                    .extracting(SiloException::reason)
                    .containsExactly(RejectReason.TASK_GROUP_REQUIRED);
        }
    }

    @Test
    void shouldEndWithItsClient() throws Exception {
        final CompletableFuture<Void> stopped;
        try (SiloClient client = server.client(false).build()) {
            final TaskSubscription subscription = subscribe(client, "g", new Kept());
            subscription.addCredits(1);
            TestServer.await("open", () -> !server.broker.subscriptions.isEmpty());
            server.stop();
            stopped = subscription.stop();
        }
        stopped.get(10, TimeUnit.SECONDS);
        server.start();
    }

    @Test
    void shouldFailADamagedTaskAndHaveItsCreditAgain() {
        final Kept kept = new Kept();
        server.broker.corrupt.add("a0");
        try (SiloClient client = server.client(false).build()) {
            final TaskSubscription subscription = subscribe(client, "g", kept);
            subscription.addCredits(1);
            enqueue(client, "a", 2);
            TestServer.await("the other", () -> kept.tasks.size() == 1);
            assertThat(kept.tasks.get(0).task().id()).isEqualTo("a1");
            assertThat(client.getResult("a0").errorCode()).isEqualTo("PAYLOAD_CORRUPT");
        }
    }

    @Test
    void shouldTellOfEachLeaseOfABatchWhatBecameOfIt() throws Exception {
        final Kept kept = new Kept();
        try (SiloClient client = server.client(false)
                .requestTimeout(java.time.Duration.ofSeconds(2))
                .build()) {
            subscribe(client, "g", kept).addCredits(100);
            enqueue(client, "a", 100);
            TestServer.await("all", () -> kept.tasks.size() == 100);
            final List<LeaseId> leases = new ArrayList<>(kept.leases());
            final LeaseId none = new LeaseId(leases.get(0).tenantHash(), 9_999, 1, 1);
            leases.add(50, none);
            assertThat(client.leases().heartbeatAll(leases, WORKER).get(10, TimeUnit.SECONDS))
                    .hasSize(101)
                    .satisfies(answers -> assertThat(answers.get(50).refused()).isEqualTo(RejectReason.LEASE_NOT_FOUND))
                    .filteredOn(answer -> answer.refused() == null)
                    .hasSize(100);
            // One of the results is uploaded; the outcomes of the others are 100 in one message.
            final List<LeaseOutcome> outcomes = IntStream.range(0, 101)
                    .mapToObj(i -> new LeaseOutcome(
                            leases.get(i),
                            i == 7
                                    ? TaskResult.success(Payload.raw(new byte[100_000]))
                                    : TaskResult.success("out" + i)))
                    .toList();
            final List<LeaseAnswer> answers =
                    client.leases().reportAll(outcomes).get(10, TimeUnit.SECONDS);
            assertThat(IntStream.range(0, 101).filter(i -> answers.get(i).refused() != null))
                    .containsExactly(50);
            assertThat(client.getResult(kept.tasks.get(7).task().id()).result().size())
                    .isEqualTo(100_000);
            assertThat(client.getResult(kept.tasks.get(99).task().id()).result().text())
                    .isEqualTo("out100");
            assertThat(client.leases().reportAll(outcomes.subList(0, 3)).get(10, TimeUnit.SECONDS))
                    .extracting(LeaseAnswer::refused)
                    .containsOnly(RejectReason.ALREADY_REPORTED);
        }
    }

    private static TaskSubscription subscribe(SiloClient client, String group, TaskListener listener) {
        return client.leases().subscribe(new TaskFeed("", group, WORKER), listener);
    }

    private static void enqueue(SiloClient client, String prefix, int count) {
        client.enqueueAll(IntStream.range(0, count)
                .mapToObj(i -> JobRequest.to("g").id(prefix + i).payload("in").build())
                .toList());
    }
}
