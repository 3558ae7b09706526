package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.silo.client.EnqueueResult;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.Task;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server on a real disk that fills up: it takes no new work, does the old, and goes on by itself when there is room. */
class ServerDiskFullIT {
    private static final int MIB = 1024 * 1024;
    private static final int FILLER_BYTES = 64 * MIB;
    private static final int BATCH = 48;

    /** Enough that each of the two shards has some. */
    private static final int TENANTS = 8;

    private static final int PAYLOAD_BYTES = 1_000;

    /** What the disk can hold at most: a batch that is not refused by then never will be. */
    private static final int JOBS_MAX = 160 * MIB / PAYLOAD_BYTES;

    private static final int REFUSALS_TO_BE_FULL = 5;
    private static final int REFUSAL_INTERVAL_MS = 200;

    @TempDir
    Path directory;

    private Path disk;
    private Map<String, String> settings;
    private final List<EnqueueResult> acknowledged = new ArrayList<>();

    @BeforeEach
    void configure() throws IOException {
        disk = Files.createDirectory(directory.resolve("disk"));
        settings = ServerProcess.freePorts();
        settings.put("SILO_SHARD_COUNT", "2");
        settings.put("SILO_DATABASE_CYCLE_BYTES", Integer.toString(4 * MIB));
        settings.put("SILO_DATABASE_DISK_FLOOR_BYTES", Integer.toString(8 * MIB));
        settings.put("SILO_DATABASE_DISK_LOW_BYTES", Integer.toString(32 * MIB));
    }

    @Test
    void shouldRefuseNewWorkAloneWhileItsDiskIsFull() throws Exception {
        try (Namespace mounted = Namespace.openOrSkip("--mount", "mount -t tmpfs -o size=160m tmpfs '" + disk + "'")) {
            final Path filler = mounted.seen(disk.resolve("filler"));
            final Path data = mounted.seen(disk.resolve("data"));
            Files.write(filler, new byte[FILLER_BYTES]);
            try (ServerProcess server = launch(mounted)) {
                try (SiloClient client = client(data)) {
                    fill(client);
                    checkRefusing(client, data);
                    runJobs(client, 200);
                    checkRefusing(client, data);

                    Files.delete(filler);
                    awaitTaken(client);
                    await(() -> health().path("shards").findValues("message").isEmpty());

                    Files.write(filler, new byte[FILLER_BYTES]);
                    fill(client);
                }
                server.kill();
                checkOutput(server);
            }
            try (ServerProcess server = launch(mounted);
                    SiloClient client = client(data)) {
                // What was created ahead and not used is given back by the start.
                fill(client);
                checkRefusing(client, data);
                for (EnqueueResult job : acknowledged) {
                    assertThat(client.getJob(job.tenant(), job.jobId())
                                    .payload()
                                    .bytes())
                            .hasSize(PAYLOAD_BYTES);
                }
                runJobs(client, 200);
                Files.delete(filler);
                awaitTaken(client);
                assertThat(server.terminate()).isEqualTo(ExitCode.OK);
                checkOutput(server);
            }
        }
    }

    private ServerProcess launch(Namespace mounted) throws IOException, InterruptedException {
        return ServerProcess.launch(mounted.within(), disk.resolve("data"), settings)
                .awaitReady();
    }

    private static SiloClient client(Path data) {
        return SiloClient.builder()
                .dataDirectory(data)
                .requestTimeout(Duration.ofSeconds(10))
                .build();
    }

    /**
     * Enqueues until every shard goes on refusing: each has some blocks of its own left when the disk's watermark is reached, and a
     * cycle that is rolled gives unused ones back a moment later.
     */
    private void fill(SiloClient client) throws InterruptedException {
        int refusedInARow = 0;
        while (acknowledged.size() < JOBS_MAX) {
            final int before = acknowledged.size();
            final RejectReason refused = enqueue(client);
            if (acknowledged.size() > before) {
                refusedInARow = 0;
                continue;
            }
            assertThat(refused).isEqualTo(RejectReason.DISK_FULL);
            if (++refusedInARow == REFUSALS_TO_BE_FULL) {
                return;
            }
            Thread.sleep(REFUSAL_INTERVAL_MS);
        }
        throw new AssertionError("the disk holds more than it can: " + acknowledged.size());
    }

    /** Enqueues a batch, for tenants of both shards. Null, or why the first that was refused was. */
    private @Nullable RejectReason enqueue(SiloClient client) {
        @Nullable RejectReason refused = null;
        final List<JobRequest> jobs = IntStream.range(0, BATCH)
                .mapToObj(i -> JobRequest.to("full")
                        .tenant("tenant-" + i % TENANTS)
                        .payload(Payload.raw(new byte[PAYLOAD_BYTES]))
                        .build())
                .toList();
        try {
            for (EnqueueResult result : client.enqueueAll(jobs)) {
                if (result.isAccepted()) {
                    acknowledged.add(result);
                } else {
                    refused = result.rejected();
                }
            }
        } catch (SiloException wholeBatch) {
            refused = wholeBatch.reason();
        }
        return refused;
    }

    private void checkRefusing(SiloClient client, Path data) throws Exception {
        assertThatThrownBy(() -> client.enqueue(JobRequest.to("full").build()))
                .isInstanceOfSatisfying(
                        SiloException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RejectReason.DISK_FULL));
        final Run run = CommandLineFixture.run(
                "enqueue", "--data", data.toString(), "--task-group", "full", "--payload", "no room");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err())
                .startsWith("error: ")
                .contains("[DISK_FULL]")
                .contains("disk watermark")
                .doesNotContain("Exception");
        assertThat(run.err().lines().count()).as(run.err()).isLessThanOrEqualTo(2);

        final EnqueueResult first = acknowledged.get(0);
        assertThat(client.getJob(first.tenant(), first.jobId()).id()).isEqualTo(first.jobId());
        final JsonNode health = health();
        assertThat(health.path("status").asText()).isEqualTo("ok");
        assertThat(health.path("shards").findValuesAsText("message"))
                .isNotEmpty()
                .allMatch(message -> message.contains("DISK_FULL"));
        final Run status = CommandLineFixture.run("status", "--data", data.toString());
        assertThat(status.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(status.out()).contains("nearly full");
    }

    /** Runs tasks until so many outcomes were taken, then looks at some. */
    private static void runJobs(SiloClient client, int count) throws InterruptedException {
        final List<Task> ran = Collections.synchronizedList(new ArrayList<>());
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("full")
                .concurrency(4)
                .handler(task -> {
                    ran.add(task);
                    return TaskResult.success("done");
                })
                .start()) {
            await(() -> worker.completedCount() >= count);
        }
        for (Task task : ran.subList(0, count / 2)) {
            assertThat(client.getResult(task.tenant(), task.id()).status()).isEqualTo(JobStatus.SUCCEEDED);
        }
    }

    private void awaitTaken(SiloClient client) throws InterruptedException {
        await(() -> enqueue(client) == null);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadlineNs).as("time over").isNegative();
            Thread.sleep(20);
        }
    }

    private JsonNode health() {
        return OperationsClient.health(settings.get("SILO_METRICS_ADDR"));
    }

    private static void checkOutput(ServerProcess server) throws IOException {
        assertThat(server.output())
                .doesNotContain("SIGBUS")
                .doesNotContain("InternalError")
                .doesNotContain("ERROR")
                .doesNotContain("\tat ");
    }
}
