package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskGroup;
import io.silo.client.TaskResult;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import io.silo.tools.CommandLineFixture.Run;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command against a real server, over shared memory and over UDP. */
class CommandsIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    private static Path data;
    private static Map<String, String> ports;
    private static SiloServer server;

    @BeforeAll
    static void start() throws IOException {
        data = directory.resolve("data");
        ports = ServerProcess.freePorts();
        server = SiloServer.start(ConfigLoader.load(null, ports, Map.of("database.path", data.toString())));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void shouldEnqueueWorkAndShowAJob() throws IOException {
        final JsonNode enqueued = json(silo(
                "enqueue",
                "--task-group",
                "one",
                "--tenant",
                "acme",
                "--id",
                "job 1",
                "--priority",
                "3",
                "--metadata",
                "k=v",
                "--payload",
                "hallo",
                "--json"));
        assertThat(enqueued.path("acknowledged").asInt()).isEqualTo(1);
        assertThat(enqueued.path("durability").asText()).isEqualTo("durable");

        final Path output = directory.resolve("one.ndjson");
        final Run work = silo(
                "work",
                "--task-group",
                "one",
                "--exec",
                "tr a-z A-Z; printf \" $SILO_JOB_ID $SILO_TENANT $SILO_ATTEMPT\"",
                "--exit-when-idle",
                "--output",
                output.toString());
        assertThat(work.out()).startsWith("1 jobs succeeded, 0 attempts failed");
        final JsonNode line = JSON.readTree(Files.readString(output));
        assertThat(line.path("id").asText()).isEqualTo("job 1");
        assertThat(line.path("tenant").asText()).isEqualTo("acme");
        assertThat(line.path("payload").asText()).isEqualTo("hallo");
        assertThat(line.path("status").asText()).isEqualTo("SUCCEEDED");
        assertThat(line.path("result").asText()).isEqualTo("HALLO job 1 acme 1");

        final JsonNode job = json(silo("job", "get", "job 1", "--tenant", "acme", "--attempts", "--json"));
        assertThat(job.path("status").asText()).isEqualTo("SUCCEEDED");
        assertThat(job.path("priority").asInt()).isEqualTo(3);
        assertThat(job.path("metadata").path("k").asText()).isEqualTo("v");
        assertThat(job.path("result").asText()).isEqualTo("HALLO job 1 acme 1");
        assertThat(job.path("attempts").get(0).path("attempt").asInt()).isEqualTo(1);
        assertThat(silo("job", "get", "job 1", "--tenant", "acme").out())
                .contains("SUCCEEDED")
                .contains("hallo");
    }

    @Test
    void shouldKeepTheEndOfStandardErrorOfAFailure() throws IOException {
        silo("enqueue", "--task-group", "fails", "--id", "failing", "--payload", "x");
        final Path output = directory.resolve("fails.ndjson");
        final Run work = silo(
                "work",
                "--task-group",
                "fails",
                "--exec",
                "seq 100000 >&2; echo the end >&2; exit 7",
                "--exit-when-idle",
                "--output",
                output.toString());
        assertThat(work.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(work.out()).startsWith("0 jobs succeeded, 1 attempts failed");
        final JsonNode line = JSON.readTree(Files.readString(output));
        assertThat(line.path("status").asText()).isEqualTo("FAILED");
        assertThat(line.path("error_code").asText()).isEqualTo("EXIT_7");
        assertThat(line.path("result").asText()).endsWith("100000\nthe end\n").hasSizeLessThanOrEqualTo(4 * 1024);
    }

    @Test
    void shouldEnqueueLinesOverUdp() throws IOException {
        final String lines =
                IntStream.range(0, 2_000).mapToObj(i -> "line " + i).collect(Collectors.joining("\n"));
        final InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
        try {
            final Run run = CommandLineFixture.run(
                    "enqueue",
                    "--address",
                    ports.get("SILO_SERVER_AERON_ADDR"),
                    "--task-group",
                    "lines",
                    "--lines",
                    "--json");
            assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
            assertThat(json(run).path("acknowledged").asInt()).isEqualTo(2_000);
        } finally {
            System.setIn(before);
        }
        final Path output = directory.resolve("lines.ndjson");
        silo(
                "work",
                "--task-group",
                "lines",
                "--exec",
                "cat",
                "--concurrency",
                "4",
                "--exit-when-idle",
                "--output",
                output.toString());
        final Set<String> payloads = new HashSet<>();
        for (String line : Files.readAllLines(output)) {
            final JsonNode job = JSON.readTree(line);
            assertThat(job.path("result").asText())
                    .isEqualTo(job.path("payload").asText());
            payloads.add(job.path("payload").asText());
        }
        assertThat(payloads).hasSize(2_000);
    }

    @Test
    void shouldNameTheLineThatIsNotJsonAndSayWhatWasAcknowledged() throws IOException {
        final Path file = directory.resolve("jobs.ndjson");
        Files.write(
                file,
                List.of(
                        "{\"id\":\"a\",\"payload\":{\"n\":1}}",
                        "",
                        "{\"id\":\"b\",\"payload_base64\":\"/////w==\",\"task_group\":\"other\"}",
                        "{\"id\":\"c\",\"payload\":",
                        "{\"id\":\"d\",\"payload\":\"never sent\"}"));
        final Run run = silo("enqueue", "--task-group", "file", "--file", file.toString());
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err())
                .startsWith("error: Line 4 of " + file + " is not JSON: ")
                .contains("[INVALID_LINE]")
                .contains("hint: 2 jobs were acknowledged before that. Lines behind it were not sent.");
        assertThat(json(silo("job", "get", "a", "--json")).path("payload").asText())
                .isEqualTo("{\"n\":1}");
        assertThat(json(silo("job", "get", "b", "--json"))
                        .path("payload_base64")
                        .asText())
                .isEqualTo("/////w==");
        assertThat(silo("job", "get", "d").err()).isEqualTo("error: Job not found. [JOB_NOT_FOUND]\n");

        Files.write(file, List.of("{\"id\":\"a\",\"payload\":1}", "{\"id\":\"e\",\"payload\":1}"));
        final Run again = silo("enqueue", "--task-group", "file", "--file", file.toString());
        assertThat(again.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(again.out()).startsWith("1 jobs acknowledged");
        assertThat(again.err()).startsWith("error: Line 1 was refused: ").contains("[JOB_EXISTS]");
    }

    @Test
    void shouldSayOneSentenceForEachBadInput() {
        final Map<String, String[]> bad = new HashMap<>();
        bad.put("INVALID_TASK_GROUP", new String[] {"--task-group", "a\u0007b", "--payload", "x"});
        bad.put("TASK_GROUP_TOO_LONG", new String[] {"--task-group", "g".repeat(65), "--payload", "x"});
        bad.put("PRIORITY_OUT_OF_RANGE", new String[] {"--task-group", "g", "--priority", "100", "--payload", "x"});
        bad.put(
                "METADATA_VALUE_TOO_LONG",
                new String[] {"--task-group", "g", "--metadata", "k=" + "v".repeat(65_535), "--payload", "x"});
        bad.put(
                "METADATA_KEY_TOO_LONG",
                new String[] {"--task-group", "g", "--metadata", "k".repeat(64) + "=v", "--payload", "x"});
        bad.put("INVALID_TENANT", new String[] {"--task-group", "g", "--tenant", "t".repeat(65), "--payload", "x"});
        bad.put("INVALID_JOB_ID", new String[] {"--task-group", "g", "--id", "i".repeat(257), "--payload", "x"});
        bad.put("PAYLOAD_TOO_LARGE", new String[] {"--task-group", "g", "--payload", "x".repeat(16 * 1024 * 1024 + 1)});
        bad.forEach((name, options) -> {
            final String[] arguments = new String[options.length + 1];
            arguments[0] = "enqueue";
            System.arraycopy(options, 0, arguments, 1, options.length);
            final Run run = silo(arguments);
            assertThat(run.exitCode()).as(name).isEqualTo(ExitCode.REFUSED);
            assertThat(run.err())
                    .startsWith("error: ")
                    .contains("[" + name + "]")
                    .doesNotContain("Exception");
        });
    }

    @Test
    void shouldSayThatNobodyAnswers() throws IOException {
        final String nobody = ServerProcess.freePorts().get("SILO_SERVER_AERON_ADDR");
        final Run run = CommandLineFixture.run("job", "get", "x", "--address", nobody, "--json");
        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(JSON.readTree(run.err()).path("error").path("code").asText()).isEqualTo("UNREACHABLE");
        assertThat(JSON.readTree(run.err()).path("error").path("message").asText())
                .contains(nobody);
    }

    @Test
    void shouldMeasureJobsThatWait() throws Exception {
        final JsonNode run = json(silo("load", "--stored", "40", "--jobs", "1000", "--json"));
        final JsonNode stored = run.path("stored");
        assertThat(stored.path("ready_per_second").asDouble()).isPositive();
        assertThat(stored.path("future_per_second").asDouble()).isPositive();
        assertThat(stored.path("start_late_us").path("max").asLong()).isPositive();
        assertThat(run.path("lifecycles").asLong()).isEqualTo(1_000);
    }

    @Test
    void shouldMeasureALoad() throws IOException {
        final JsonNode ipc = json(silo("load", "--jobs", "3000", "--tenants", "20", "--json"));
        assertThat(ipc.path("lifecycles_per_second").asDouble()).isPositive();
        assertThat(ipc.path("lifecycles").asLong()).isEqualTo(3_000);
        for (String latency : List.of("ack_us", "start_us")) {
            for (String percentile : List.of("p50", "p99", "p999")) {
                assertThat(ipc.path(latency).path(percentile).asDouble()).isPositive();
            }
        }
        assertThat(ipc.path("baseline").path("sync_us_p50").asDouble()).isPositive();
        assertThat(ipc.path("baseline").path("appends_per_second").asDouble()).isPositive();
        final Run udp = silo(
                "load",
                "--seconds",
                "1",
                "--rate",
                "500",
                "--transport",
                "udp",
                "--durability",
                "appended",
                "--no-baseline");
        assertThat(udp.exitCode()).as(udp.err()).isEqualTo(ExitCode.OK);
        assertThat(udp.out()).contains("lifecycles/s").contains("latencies count from the time a job was due");
    }

    @Test
    void shouldRetryAShareOfTheFirstAttemptsOfALoad() throws IOException {
        final JsonNode run = json(
                silo("load", "--jobs", "2000", "--fail-percent", "20", "--limit-keys", "5", "--no-baseline", "--json"));
        assertThat(run.path("lifecycles").asLong()).isEqualTo(2_000);
        assertThat(run.path("fail_percent").asInt()).isEqualTo(20);
        // Each shard counts for itself and goes on from the warm-up.
        assertThat(run.path("failed_attempts").asLong()).isBetween(390L, 410L);
        final Run big = silo("load", "--jobs", "200", "--payload", "20000", "--window", "16", "--no-baseline");
        assertThat(big.exitCode()).as(big.err()).isEqualTo(ExitCode.OK);
        assertThat(silo("load", "--fail-percent", "101").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("load", "--overload", "2", "--fail-percent", "5").exitCode())
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldNotCallAGroupIdleWhileAnotherWorkerIsBusy() throws Exception {
        final AtomicBoolean ended = new AtomicBoolean();
        final CountDownLatch begun = new CountDownLatch(1);
        try (SiloClient client = SiloClient.builder().dataDirectory(data).build();
                SiloWorker other = SiloWorker.with(client)
                        .taskGroup("shared")
                        .handler(task -> {
                            begun.countDown();
                            Thread.sleep(3_000);
                            ended.set(true);
                            return TaskResult.success();
                        })
                        .start()) {
            silo("enqueue", "--task-group", "shared", "--tenant", "one", "--payload", "x");
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(client.taskGroup("shared")).isEqualTo(new TaskGroup(0, 1, false, false));
            assertThat(client.taskGroup("one", "shared")).isEqualTo(new TaskGroup(0, 1, false, false));
            assertThat(client.taskGroup("two", "shared").isIdle()).isTrue();

            // Another tenant's work is none of this worker's.
            silo("work", "--task-group", "shared", "--tenant", "two", "--exec", "true", "--exit-when-idle");
            assertThat(ended).isFalse();
            final Run work = silo("work", "--task-group", "shared", "--exec", "true", "--exit-when-idle");
            assertThat(work.out()).startsWith("0 jobs succeeded");
            assertThat(ended).isTrue();
            assertThat(other.heldCount()).isZero();
            assertThat(client.taskGroup("shared").isIdle()).isTrue();
        }
    }

    @Test
    void shouldDumpTheEventsOfAJob() throws IOException {
        silo("enqueue", "--task-group", "dumped", "--id", "dumped job", "--payload", "x");
        silo("work", "--task-group", "dumped", "--exec", "true", "--exit-when-idle");
        final Run dump = CommandLineFixture.run("log", "dump", data.toString(), "--job", "dumped job");
        assertThat(dump.exitCode()).as(dump.err()).isEqualTo(ExitCode.OK);
        assertThat(dump.out().lines().map(CommandsIT::event))
                .containsExactly("JobEnqueued", "TaskLeased", "AttemptSucceeded");
    }

    private static String event(String line) {
        try {
            return JSON.readTree(line).path("event").asText();
        } catch (IOException wrong) {
            throw new AssertionError(line, wrong);
        }
    }

    private static JsonNode json(Run run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
        return JSON.readTree(run.out());
    }

    private static Run silo(String... arguments) {
        final String[] all = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--data";
        all[arguments.length + 1] = data.toString();
        return CommandLineFixture.run(all);
    }
}
