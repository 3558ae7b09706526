package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client from the first job to the last, to be read from top to bottom. */
@Timeout(30)
class TutorialIT {
    private static TestServer server;

    /** Stands for: {@code ./silo server}. */
    @BeforeAll
    static void startServer() {
        server = new TestServer();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    /** A job goes in, a worker runs it, its result comes back. */
    @Test
    void firstJob() {
        try (SiloClient client = SiloClient.connect(server.address());
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("greetings")
                        .concurrency(2)
                        .handler(task ->
                                TaskResult.success("Hello, " + task.payload().text() + "!"))
                        .start()) {
            JobHandle job =
                    client.enqueue(JobRequest.to("greetings").payload("Ada").build());

            JobResult result = job.awaitResult(Duration.ofSeconds(10));

            assertThat(result.isSuccess()).isTrue();
            assertThat(result.result().text()).isEqualTo("Hello, Ada!");
            assertThat(worker.completedCount()).isEqualTo(1);
        }
    }

    /** What a job can carry, and what can be read of it later. */
    @Test
    void everythingAJobSays() {
        try (SiloClient client = SiloClient.builder()
                .dataDirectory(server.dataDirectory) // the server is on this host: shared memory
                .tenant("acme")
                .build()) {
            JobRequest request = JobRequest.to("invoices")
                    .id("invoice-2026-0042")
                    .payload("{\"customer\": 7}", Encoding.JSON)
                    .priority(10)
                    .startAfter(Duration.ofHours(1))
                    .retry(RetryPolicy.exponential(5, Duration.ofSeconds(1)))
                    .metadata("source", "nightly")
                    .durability(Durability.DURABLE)
                    .build();
            client.enqueue(request);

            Job job = client.getJob("invoice-2026-0042");
            assertThat(job.tenant()).isEqualTo("acme");
            assertThat(job.status()).isEqualTo(JobStatus.SCHEDULED);
            assertThat(job.payload()).isEqualTo(Payload.json("{\"customer\": 7}"));
            assertThat(job.metadata()).containsEntry("source", "nightly");
        }
    }

    /** Many jobs at once: in few messages, each with an answer of its own. */
    @Test
    void batches() {
        try (SiloClient client = SiloClient.connect(server.address())) {
            List<JobRequest> requests = new ArrayList<>();
            for (int page = 1; page <= 500; page++) {
                requests.add(JobRequest.to("pages").payload("page " + page).build());
            }

            List<EnqueueResult> results = client.enqueueAll(requests);

            assertThat(results).hasSize(500).allMatch(EnqueueResult::isAccepted);
        }
    }

    /** Without waiting: futures, slowed down by the client's window when the server is slower. */
    @Test
    void futures() {
        try (SiloClient client =
                SiloClient.builder().address(server.address()).window(64).build()) {
            List<CompletableFuture<JobHandle>> acknowledged = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                acknowledged.add(client.enqueueAsync(JobRequest.to("clicks").build()));
            }
            CompletableFuture.allOf(acknowledged.toArray(new CompletableFuture<?>[0]))
                    .join();
        }
    }

    /** An answer that never came: repeat the same request, and there is one job. */
    @Test
    void unknownOutcome() {
        server.broker.swallowLeft.set(1); // the acknowledgement is lost on its way
        try (SiloClient client = SiloClient.builder()
                .address(server.address())
                .requestTimeout(Duration.ofSeconds(1))
                .build()) {
            JobRequest request = JobRequest.to("payments").payload("42 EUR").build();
            JobHandle job;
            try {
                job = client.enqueue(request);
            } catch (SiloException e) {
                assertThat(e.reason()).isEqualTo(RejectReason.UNKNOWN_OUTCOME);
                assertThat(e.isTransient()).isTrue();
                job = client.enqueue(request); // the same request, with the same ids
            }
            assertThat(job.get().id()).isEqualTo(request.id());
        }
    }

    /** A failed attempt is retried as its job says; a handler may fail by a result or by an exception. */
    @Test
    void failuresAndRetries() {
        ConcurrentLinkedQueue<Integer> attempts = new ConcurrentLinkedQueue<>();
        try (SiloClient client = SiloClient.connect(server.address());
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("flaky")
                        .handler(task -> {
                            attempts.add(task.attempt());
                            if (!task.isLastAttempt()) {
                                return TaskResult.fail("NOT_YET", "attempt " + task.attempt());
                            }
                            return TaskResult.success("third time lucky");
                        })
                        .start()) {
            JobHandle job = client.enqueue(JobRequest.to("flaky")
                    .retry(RetryPolicy.fixed(2, Duration.ofMillis(10)))
                    .build());

            JobResult result = job.awaitResult(Duration.ofSeconds(10));

            assertThat(result.result().text()).isEqualTo("third time lucky");
            assertThat(attempts).containsExactly(1, 2, 3);
            assertThat(worker.workerId()).isNotEmpty();
        }
    }
}
