package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.FloatingLimit;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.LimitState;
import io.silo.client.RefreshTask;
import io.silo.client.ScheduleRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.SiloWorkerBuilder;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Floating limits: the Java client and the commands against a real server. */
@Timeout(90)
class FloatingLimitsIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Of the server: short, so that a handler that takes its time needs its lease renewed. */
    private static final int LEASE_MS = 600;

    @TempDir
    static Path directory;

    private static Path data;
    private static SiloServer server;
    private static SiloClient client;

    @BeforeAll
    static void start() throws IOException {
        data = directory.resolve("data");
        server = SiloServer.start(ConfigLoader.load(
                null,
                ServerProcess.freePorts(),
                Map.of("database.path", data.toString(), "shard.lease_ms", String.valueOf(LEASE_MS))));
        client = SiloClient.builder().dataDirectory(data).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    /** Jobs that run at once until they are let go, and the most there were. */
    private static final class Jobs {
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final CountDownLatch end = new CountDownLatch(1);

        TaskResult run() throws InterruptedException {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            assertThat(end.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            running.decrementAndGet();
            return TaskResult.success();
        }

        void awaitRunning(int count) throws InterruptedException {
            final long deadlineNs = System.nanoTime() + SOON.toNanos();
            while (running.get() != count) {
                assertThat(System.nanoTime()).as("%s run", running).isLessThan(deadlineNs);
                Thread.sleep(1);
            }
        }
    }

    private static List<JobHandle> enqueue(String group, int count, FloatingLimit limit) {
        final List<JobHandle> handles = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            handles.add(client.enqueue(JobRequest.to(group).limit(limit).build()));
        }
        return handles;
    }

    private static SiloWorkerBuilder worker(String group) {
        return SiloWorker.with(client).taskGroup(group).concurrency(16).stopTimeout(SOON);
    }

    // [FLOAT-2] [FLOAT-6]
    @Test
    void shouldRunAsManyAsTheWorkerFoundOut() throws InterruptedException {
        final Jobs jobs = new Jobs();
        final Queue<RefreshTask> asked = new ConcurrentLinkedQueue<>();
        final FloatingLimit limit = new FloatingLimit("api", 1, Duration.ofMinutes(5), Map.of("zone", "eu"));
        final List<JobHandle> handles = enqueue("found", 8, limit);
        try (SiloWorker worker = worker("found")
                .handler(task -> jobs.run())
                .refreshHandler(task -> {
                    asked.add(task);
                    // Longer than a lease.
                    Thread.sleep(2 * LEASE_MS);
                    return 3;
                })
                .start()) {
            jobs.awaitRunning(3);
            assertThat(asked).containsExactly(new RefreshTask("-", "api", 1, null, Map.of("zone", "eu")));
            jobs.end.countDown();
            for (JobHandle handle : handles) {
                assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            }
        }
        assertThat(jobs.most).hasValue(3);
        assertThat(asked).hasSize(1);
        final LimitState.Floating known = client.limits().get("", "api", 0).floating();
        assertThat(known).isNotNull();
        assertThat(known.max()).isEqualTo(3);
        assertThat(known.failures()).isZero();
        assertThat(Duration.between(known.refreshedAt(), known.due())).isEqualTo(Duration.ofMinutes(5));
    }

    // [FLOAT-7]
    @Test
    void shouldAskAgainAfterAFailureAndAfterNonsense() throws InterruptedException {
        final Jobs jobs = new Jobs();
        final AtomicInteger calls = new AtomicInteger();
        final List<JobHandle> handles = enqueue("failing", 2, new FloatingLimit("flaky", 1, Duration.ofMinutes(5)));
        final Map<Integer, Long> askedNs = new HashMap<>();
        try (SiloWorker worker = worker("failing")
                .handler(task -> jobs.run())
                .refreshHandler(task -> {
                    askedNs.put(calls.get(), System.nanoTime());
                    return switch (calls.getAndIncrement()) {
                        case 0 -> throw new IOException("down");
                        case 1 -> -1;
                        default -> 2;
                    };
                })
                .start()) {
            jobs.awaitRunning(2);
            jobs.end.countDown();
            for (JobHandle handle : handles) {
                assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            }
        }
        assertThat(askedNs.get(1) - askedNs.get(0)).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(990));
        assertThat(askedNs.get(2) - askedNs.get(1)).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1_990));
    }

    @Test
    void shouldLeaveRefreshesToWorkersThatHaveAHandler() throws InterruptedException {
        final Jobs jobs = new Jobs();
        final List<JobHandle> handles = enqueue("two", 4, new FloatingLimit("shared", 1, Duration.ofMinutes(5)));
        try (SiloWorker without = worker("two").handler(task -> jobs.run()).start()) {
            jobs.awaitRunning(1);
            try (SiloWorker with = worker("two")
                    .handler(task -> jobs.run())
                    .refreshHandler(task -> 4)
                    .start()) {
                jobs.awaitRunning(4);
                jobs.end.countDown();
                for (JobHandle handle : handles) {
                    assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
                }
            }
        }
    }

    @Test
    void shouldTellTheLimitsOfAJobAndOfASchedule() {
        final FloatingLimit limit = new FloatingLimit("ü", 7, Duration.ofMillis(1_500), Map.of("a", "1", "b", ""));
        final JobHandle handle = client.enqueue(
                JobRequest.to("told").limit("fixed", 1).limit(limit).build());
        assertThat(handle.get().limits()).hasSize(2).contains(limit);
        client.putSchedule(ScheduleRequest.to("told")
                .id("floating")
                .every(Duration.ofHours(1))
                .limit(limit)
                .build());
        assertThat(client.getSchedule("floating", 0).limits()).containsExactly(limit);
    }

    @Test
    void shouldRefuseLimitsThatMakeNoSense() {
        for (FloatingLimit wrong : List.of(
                new FloatingLimit("k", 1, Duration.ofMillis(-1)),
                new FloatingLimit("k", 1, Duration.ofDays(401)),
                new FloatingLimit("k", 1, SOON, Map.of("m".repeat(64), "")),
                new FloatingLimit("k", 1, SOON, Map.of("m", "x".repeat(65_535))))) {
            final JobRequest request = JobRequest.to("g").limit(wrong).build();
            assertThat(catchThrowableOfType(SiloException.class, () -> client.enqueue(request))
                            .reason())
                    .isEqualTo(RejectReason.INVALID_FLOATING_LIMIT);
        }
        final JobRequest negative =
                JobRequest.to("g").limit(new FloatingLimit("k", -1, SOON)).build();
        assertThat(catchThrowableOfType(SiloException.class, () -> client.enqueue(negative))
                        .reason())
                .isEqualTo(RejectReason.INVALID_JOB_LIMIT);
    }

    @Test
    void shouldFindOutByACommandAndShowIt() throws IOException {
        for (String id : List.of("one", "two")) {
            assertThat(run(
                                    "enqueue",
                                    "--task-group",
                                    "cli",
                                    "--id",
                                    id,
                                    "--payload",
                                    "x",
                                    "--floating",
                                    "cli=0/1h,for=test")
                            .exitCode())
                    .isEqualTo(ExitCode.OK);
        }
        assertThat(run("job", "get", "one").out()).contains("limit       cli = 0, found out every 1h\n");
        assertThat(run("explain", "job", "one").out()).contains("the maximum of limit cli is 0, its own");
        final Path input = directory.resolve("input");
        final Run work = run(
                "work",
                "--task-group",
                "cli",
                "--exec",
                "sleep 0.2",
                "--refresh-exec",
                "cat > " + input + "; echo $SILO_LIMIT_KEY $SILO_LIMIT_MAX $SILO_TENANT >> " + input + "; echo 1",
                "--exit-when-idle");
        // Nothing was ready before the answer, so it may end before; a second one finds what was found out.
        assertThat(work.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(Files.readString(input)).isEqualTo("{\"for\":\"test\"}cli 0 -\n");
        assertThat(run("work", "--task-group", "cli", "--exec", "true", "--exit-when-idle")
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        assertThat(client.getJob("two").status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(run("limits", "show", "cli").out()).contains("floating 1, found out at ");
        assertThat(run("limits", "set", "cli", "5", "--floating").out())
                .isEqualTo("Floating limit cli is 5 until a worker finds it out again.\n");
        final JsonNode shown = new ObjectMapper()
                .readTree(run("limits", "show", "cli", "--json").out());
        assertThat(shown.at("/floating/max").asInt()).isEqualTo(5);
        assertThat(shown.at("/floating/failures").asInt()).isZero();
        assertThat(run("limits", "unset", "cli", "--floating").exitCode()).isEqualTo(ExitCode.OK);
        final Run unknown = run("limits", "show", "cli", "--json");
        assertThat(unknown.out() + unknown.err()).doesNotContain("floating");
    }

    @Test
    void shouldTakeFloatingLimitsFromFiles() throws IOException {
        final Path file = directory.resolve("jobs.ndjson");
        Files.writeString(
                file,
                "{\"id\":\"filed\",\"payload\":\"x\",\"limits\":[{\"key\":\"f\",\"max\":2,\"refresh_ms\":1500,"
                        + "\"metadata\":{\"a\":\"1\"}}]}\n");
        assertThat(run("enqueue", "--task-group", "files", "--file", file.toString())
                        .exitCode())
                .isEqualTo(ExitCode.OK);
        final String shown = run("job", "get", "filed", "--json").out();
        final Path imported = directory.resolve("imported.ndjson");
        Files.writeString(imported, shown.replace("\"filed\"", "\"again\"").strip() + "\n");
        assertThat(run("import", "--file", imported.toString()).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(client.getJob("again").limits())
                .containsExactly(new FloatingLimit("f", 2, Duration.ofMillis(1_500), Map.of("a", "1")));
        final Run refused = run("enqueue", "--task-group", "files", "--payload", "x", "--floating", "f=2");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("'f=2' is no floating limit");
    }

    private static Run run(String... args) {
        final List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--data", data.toString()));
        return CommandLineFixture.run(all.toArray(new String[0]));
    }
}
