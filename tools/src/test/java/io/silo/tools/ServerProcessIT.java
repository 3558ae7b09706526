package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.EnqueueResult;
import io.silo.client.Job;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.server.data.ServerFile;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server as people run it: a process with signals, ports and exit codes. */
class ServerProcessIT {
    private static final int IDLE_WINDOWS_MAX = 10;

    @TempDir
    Path directory;

    private Path data;
    private Map<String, String> ports;

    @BeforeEach
    void choose() throws IOException {
        data = directory.resolve("data");
        ports = ServerProcess.freePorts();
    }

    /** NET-4. */
    @Test
    void shouldStopInOrderAndRefuseASecondServerMeanwhile() throws Exception {
        final ServerFile file;
        try (ServerProcess server = ServerProcess.start(data, ports)) {
            assertThat(server.output())
                    .contains(data.toString())
                    .contains("durability")
                    .contains(ports.get("SILO_SERVER_AERON_ADDR"))
                    .contains(ports.get("SILO_METRICS_ADDR"));
            file = ServerFile.read(data).orElseThrow();
            assertThat(file.pid()).isEqualTo(server.pid());
            assertThat(Files.isDirectory(Path.of(file.aeronDirectory()))).isTrue();

            try (ServerProcess second = ServerProcess.launch(data, ServerProcess.freePorts())) {
                assertThat(second.awaitExit()).isEqualTo(ExitCode.REFUSED);
                assertThat(second.output())
                        .startsWith("error: Another server (pid " + server.pid() + ") uses the data directory")
                        .contains("[SILO-0101]")
                        .doesNotContain("\tat ");
            }
            assertThat(CommandLineFixture.run("status", "--data", data.toString())
                            .exitCode())
                    .isEqualTo(ExitCode.OK);
            assertThat(server.terminate()).isEqualTo(ExitCode.OK);
        }
        assertThat(ServerFile.read(data)).isEmpty();
        assertThat(Path.of(file.aeronDirectory())).doesNotExist();
        assertThat(Path.of(file.aeronDirectory()).getParent()).doesNotExist();
        final Run verified = CommandLineFixture.run("log", "verify", data.toString());
        assertThat(verified.exitCode()).as(verified.out()).isEqualTo(ExitCode.OK);
        assertThat(CommandLineFixture.run("status", "--data", data.toString()).exitCode())
                .isEqualTo(ExitCode.UNREACHABLE);
    }

    @Test
    void shouldNameAPortThatIsTaken() throws Exception {
        final String aeron = ports.get("SILO_SERVER_AERON_ADDR");
        final int port = Integer.parseInt(aeron.substring(aeron.indexOf(':') + 1));
        try (DatagramSocket taken = new DatagramSocket(port, InetAddress.getLoopbackAddress());
                ServerProcess server = ServerProcess.launch(data, ports)) {
            assertThat(taken.isBound()).isTrue();
            assertThat(server.awaitExit()).isEqualTo(ExitCode.REFUSED);
            assertThat(server.output())
                    .startsWith("error: The UDP address " + aeron)
                    .contains("[SILO-0102]")
                    .doesNotContain("\tat ");
        }
        final String http = ports.get("SILO_METRICS_ADDR");
        final int httpPort = Integer.parseInt(http.substring(http.indexOf(':') + 1));
        try (ServerSocket taken = new ServerSocket(httpPort, 1, InetAddress.getLoopbackAddress());
                ServerProcess server = ServerProcess.launch(data, ports, "--json")) {
            assertThat(taken.isBound()).isTrue();
            assertThat(server.awaitExit()).isEqualTo(ExitCode.REFUSED);
            final JsonNode error = new ObjectMapper().readTree(server.output()).path("error");
            assertThat(error.path("code").asText()).isEqualTo("SILO-0102");
            assertThat(error.path("message").asText()).contains(http);
        }
    }

    @Test
    void shouldFindEveryAcknowledgedJobAgainAfterAKillUnderLoad() throws Exception {
        final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
        final Queue<String> finished = new ConcurrentLinkedQueue<>();
        try (ServerProcess server = ServerProcess.start(data, ports);
                SiloClient client = SiloClient.builder()
                        .dataDirectory(data)
                        .requestTimeout(Duration.ofSeconds(2))
                        .build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("kill")
                        .concurrency(8)
                        .stopTimeout(Duration.ofMillis(100))
                        .handler(task -> {
                            finished.add(task.id());
                            return TaskResult.success("done " + task.id());
                        })
                        .start()) {
            final List<CompletableFuture<?>> batches = new ArrayList<>();
            while (acknowledged.size() < 3_000) {
                final List<JobRequest> jobs = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    jobs.add(JobRequest.to("kill").payload("payload " + i).build());
                }
                batches.add(client.enqueueAllAsync(jobs)
                        .thenAccept(results -> results.stream()
                                .filter(EnqueueResult::isAccepted)
                                .map(EnqueueResult::jobId)
                                .forEach(acknowledged::add)));
                if (batches.size() > 8) {
                    batches.remove(0).join();
                }
            }
            server.kill(); // with batches, grants and outcomes on their way
            assertThat(worker.completedCount()).isPositive();
        }

        try (ServerProcess server = ServerProcess.start(data, ports);
                SiloClient client = SiloClient.builder().dataDirectory(data).build()) {
            assertThat(server.output()).contains("4 of 4");
            int succeeded = 0;
            for (String id : acknowledged) {
                final Job job = client.getJob(id);
                assertThat(job.payload().text()).startsWith("payload ");
                if (job.status() == JobStatus.SUCCEEDED) {
                    succeeded++;
                    assertThat(client.getResult(id).result().text()).isEqualTo("done " + id);
                }
            }
            assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(3_000);
            assertThat(succeeded).isPositive();
            assertThat(finished.size()).isGreaterThanOrEqualTo(succeeded);
        }
    }

    @Test
    void shouldCostNextToNothingWhenIdle() throws Exception {
        // The design allows 2 %, 10 s after the last call. The compiler may still be at work for a while, and a slow or
        // busy
        // machine charges more for a wake-up, so the least of several windows counts; a thread that spins costs 100 %
        // in each.
        final Duration window = Duration.ofSeconds(3);
        final Duration allowed = window.multipliedBy(6).dividedBy(100);
        final List<Duration> used = new ArrayList<>();
        try (ServerProcess server = ServerProcess.start(data, ports)) {
            do {
                final Duration before = cpuTime(server.pid());
                Thread.sleep(window.toMillis());
                used.add(cpuTime(server.pid()).minus(before));
            } while (used.get(used.size() - 1).compareTo(allowed) >= 0 && used.size() < IDLE_WINDOWS_MAX);
        }
        assertThat(Collections.min(used))
                .as("processor time of windows of %s: %s", window, used)
                .isLessThan(allowed);
    }

    private static Duration cpuTime(long pid) {
        return ProcessHandle.of(pid).orElseThrow().info().totalCpuDuration().orElseThrow();
    }
}
