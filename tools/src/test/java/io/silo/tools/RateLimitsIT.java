package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.RateLimit;
import io.silo.client.ScheduleRequest;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rate limits: the Java client and the commands against a real server. */
@Timeout(90)
class RateLimitsIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** What the first window and the clocks of two threads may differ by. */
    private static final long SLACK_MS = 50;

    @Test
    void shouldStartNoMoreInAWindowThanTheLimit() throws InterruptedException {
        final Duration window = Duration.ofMillis(500);
        final Queue<Long> starts = new ConcurrentLinkedQueue<>();
        final List<JobHandle> handles = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            handles.add(client.enqueue(JobRequest.to("window")
                    .limit(RateLimit.of("api", "w", 5, window))
                    .build()));
        }
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("window")
                .concurrency(8)
                .stopTimeout(SOON)
                .handler(task -> {
                    starts.add(System.nanoTime());
                    return TaskResult.success();
                })
                .start()) {
            for (JobHandle handle : handles) {
                assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            }
        }
        final List<Long> sorted = starts.stream().sorted().toList();
        assertThat(sorted).hasSize(20);
        // The first of each window comes no sooner than a window after the first of the one before.
        for (int i = 5; i < 20; i += 5) {
            assertThat((sorted.get(i) - sorted.get(i - 5)) / 1_000_000)
                    .as("ms from start %d to start %d", i - 5, i)
                    .isGreaterThan(window.toMillis() - SLACK_MS);
        }
    }

    @Test
    void shouldFailAnAttemptThatWasKeptBackTooOften() throws InterruptedException {
        final RateLimit once = RateLimit.of("api", "once", 1, Duration.ofHours(1))
                .withRetries(2, Duration.ofMillis(50), Duration.ofMillis(100), 1);
        final JobHandle first = client.enqueue(JobRequest.to("once").limit(once).build());
        final JobHandle second =
                client.enqueue(JobRequest.to("once").limit(once).build());
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("once")
                .stopTimeout(SOON)
                .handler(task -> TaskResult.success())
                .start()) {
            assertThat(first.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            assertThat(second.awaitResult(SOON).status()).isEqualTo(JobStatus.FAILED);
        }
        assertThat(client.getJob(second.id()).errorCode()).isEqualTo("RATE_LIMIT_EXCEEDED");
    }

    @Test
    void shouldTellTheLimitsOfAJobAndOfASchedule() {
        final RateLimit whole = RateLimit.of("api", "ü", 7, ChronoUnit.DAYS)
                .withHits(2)
                .withLeakyBucket(9)
                .withFlags(true, true)
                .withRetries(3, Duration.ofMillis(5), Duration.ofSeconds(9), 1.5);
        final JobHandle handle =
                client.enqueue(JobRequest.to("told").limit("a", 1).limit(whole).build());
        assertThat(handle.get().limits()).hasSize(2).contains(whole);
        client.putSchedule(ScheduleRequest.to("told")
                .id("rated")
                .every(Duration.ofHours(1))
                .limit(whole)
                .build());
        assertThat(client.getSchedule("rated", 0).limits()).containsExactly(whole);
    }

    @Test
    void shouldRefuseTermsThatMakeNoSense() {
        for (RateLimit wrong : List.of(
                RateLimit.of("", "k", 1, SOON),
                RateLimit.of("n".repeat(257), "k", 1, SOON),
                RateLimit.of("n", "k", -1, SOON),
                RateLimit.of("n", "k", 1, Duration.ZERO),
                RateLimit.of("n", "k", 1, Duration.ofDays(401)),
                RateLimit.of("n", "k", 1, SOON).withHits(-1),
                RateLimit.of("n", "k", 1, SOON).withRetries(1, SOON, Duration.ofSeconds(1), 1),
                RateLimit.of("n", "k", 1, SOON).withRetries(1, SOON, Duration.ZERO, 0.5))) {
            final JobRequest request = JobRequest.to("g").limit(wrong).build();
            assertThat(catchThrowableOfType(SiloException.class, () -> client.enqueue(request))
                            .reason())
                    .as("%s", wrong)
                    .isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        }
    }

    @Test
    void shouldTakeRatesFromOptionsAndFilesAndShowThem() throws IOException {
        assertThat(silo(
                                "enqueue",
                                "--task-group",
                                "cli",
                                "--id",
                                "one",
                                "--payload",
                                "x",
                                "--rate",
                                "api/c=100/1m,hits=2")
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        assertThat(silo("job", "get", "one").out()).contains("limit       api/c = 100 per 1m, hits 2\n");
        final Path file = directory.resolve("jobs.ndjson");
        Files.writeString(
                file,
                "{\"id\":\"two\",\"payload\":\"x\",\"limits\":[{\"name\":\"api\",\"key\":\"c\",\"rate\":3,\"per\":\"month\"}]}\n");
        assertThat(silo("enqueue", "--task-group", "cli", "--file", file.toString())
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        final JsonNode shown =
                new ObjectMapper().readTree(silo("job", "get", "two", "--json").out());
        assertThat(shown.at("/limits/0/per").asText()).isEqualTo("month");
        final Path imported = directory.resolve("imported.ndjson");
        Files.writeString(imported, shown.toString().replace("\"two\"", "\"three\"") + "\n");
        assertThat(silo("import", "--file", imported.toString()).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(client.getJob("three").limits()).containsExactly(RateLimit.of("api", "c", 3, ChronoUnit.MONTHS));
        final Run refused = silo("enqueue", "--task-group", "cli", "--payload", "x", "--rate", "api=1");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("'api=1' is no rate limit");
        Files.writeString(file, "{\"payload\":\"x\",\"limits\":[{\"name\":\"api\",\"key\":\"c\"}]}\n");
        assertThat(silo("enqueue", "--task-group", "cli", "--file", file.toString())
                        .err())
                .contains("has a rate limit without a 'rate' and either 'per_ms' or 'per'");
    }
}
