package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.ConcurrencyLimit;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Concurrency limits: the Java client and the commands against a real server. */
@Timeout(90)
class ConcurrencyLimitsIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Workers of two task groups, and both limits busy all the time. */
    @Test
    void shouldNeverRunMoreThanALimitAllows() throws InterruptedException {
        final AtomicInteger ofTwo = new AtomicInteger();
        final AtomicInteger ofThree = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger mostOfThree = new AtomicInteger();
        final List<JobHandle> handles = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            final JobRequest.Builder job =
                    JobRequest.to(i % 2 == 0 ? "left" : "right").limit("three", 3);
            handles.add(client.enqueue((i % 3 == 0 ? job.limit("two", 2).payload("both") : job).build()));
        }
        try (SiloWorker left = worker("left", ofTwo, most, ofThree, mostOfThree);
                SiloWorker right = worker("right", ofTwo, most, ofThree, mostOfThree)) {
            for (JobHandle handle : handles) {
                assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            }
        }
        assertThat(most).hasValueLessThanOrEqualTo(2);
        assertThat(mostOfThree).hasValue(3);
    }

    private static SiloWorker worker(
            String group, AtomicInteger ofTwo, AtomicInteger most, AtomicInteger ofThree, AtomicInteger mostOfThree) {
        return SiloWorker.with(client)
                .taskGroup(group)
                .concurrency(8)
                .stopTimeout(SOON)
                .handler(task -> {
                    final boolean takesBoth = task.payload().size() > 0;
                    mostOfThree.accumulateAndGet(ofThree.incrementAndGet(), Math::max);
                    if (takesBoth) {
                        most.accumulateAndGet(ofTwo.incrementAndGet(), Math::max);
                    }
                    Thread.sleep(5);
                    if (takesBoth) {
                        ofTwo.decrementAndGet();
                    }
                    ofThree.decrementAndGet();
                    return TaskResult.success();
                })
                .start();
    }

    @Test
    void shouldTellTheLimitsOfAJobAndOfASchedule() {
        final JobHandle handle = client.enqueue(
                JobRequest.to("told").limit("a", 1).limit("ü", 70_000).build());
        assertThat(handle.get().limits())
                .containsExactly(new ConcurrencyLimit("a", 1), new ConcurrencyLimit("ü", 70_000));
        client.putSchedule(ScheduleRequest.to("told")
                .id("limited")
                .every(Duration.ofHours(1))
                .limit("nightly", 1)
                .build());
        assertThat(client.getSchedule("limited", 0).limits()).containsExactly(new ConcurrencyLimit("nightly", 1));
    }

    @Test
    void shouldRefuseLimitsThatAreNone() {
        for (JobRequest wrong : List.of(
                JobRequest.to("g").limit("", 1).build(),
                JobRequest.to("g").limit("k".repeat(257), 1).build(),
                JobRequest.to("g").limit("k".repeat(70_000), 1).build(),
                JobRequest.to("g").limit("k", -1).build())) {
            final SiloException refused = catchThrowableOfType(SiloException.class, () -> client.enqueue(wrong));
            assertThat(refused.reason()).isEqualTo(RejectReason.INVALID_JOB_LIMIT);
        }
        final JobRequest.Builder many = JobRequest.to("g");
        for (int i = 0; i < 17; i++) {
            many.limit("k" + i, 1);
        }
        assertThat(catchThrowableOfType(SiloException.class, () -> client.enqueue(many.build()))
                        .reason())
                .isEqualTo(RejectReason.INVALID_JOB_LIMIT);
    }

    @Test
    void shouldTakeLimitsFromOptionsAndFilesAndShowThem() throws IOException {
        assertThat(silo(
                                "enqueue",
                                "--task-group",
                                "cli",
                                "--id",
                                "one",
                                "--payload",
                                "x",
                                "--limit",
                                "api=eu=10",
                                "--limit",
                                "db=2")
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        assertThat(silo("job", "get", "one").out())
                .contains("limit       api=eu = 10\n")
                .contains("limit       db = 2\n");
        final Path file = directory.resolve("jobs.ndjson");
        Files.writeString(file, "{\"id\":\"two\",\"payload\":\"x\",\"limits\":[{\"key\":\"db\",\"max\":3}]}\n");
        assertThat(silo("enqueue", "--task-group", "cli", "--file", file.toString())
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        final JsonNode shown =
                new ObjectMapper().readTree(silo("job", "get", "two", "--json").out());
        assertThat(shown.at("/limits/0/key").asText()).isEqualTo("db");
        assertThat(shown.at("/limits/0/max").asInt()).isEqualTo(3);
        final Path imported = directory.resolve("imported.ndjson");
        Files.writeString(imported, shown.toString().replace("\"two\"", "\"three\"") + "\n");
        assertThat(silo("import", "--file", imported.toString()).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(client.getJob("three").limits()).containsExactly(new ConcurrencyLimit("db", 3));
        for (String wrong : List.of("db", "=1", "db=-1", "db=x")) {
            final Run refused = silo("enqueue", "--task-group", "cli", "--payload", "x", "--limit", wrong);
            assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(refused.err()).contains("'" + wrong + "' is no limit");
        }
        Files.writeString(file, "{\"payload\":\"x\",\"limits\":[{\"key\":\"db\"}]}\n");
        assertThat(silo("enqueue", "--task-group", "cli", "--file", file.toString())
                        .err())
                .contains("has a limit that is neither a 'key' and a 'max' of 0 or more");
    }
}
