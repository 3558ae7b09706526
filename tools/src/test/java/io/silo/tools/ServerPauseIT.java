package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloClientBuilder;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.tools.CommandLineFixture.Run;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that stands still while it is used: its clients connect anew, and no job pays for it. */
// Mostly waits; what a standstill does is decided by clocks and by Aeron, not by the JDK.
@Tag("newest-jdk")
class ServerPauseIT {
    private static final int JOBS_BEFORE = 300;
    private static final int JOBS_AFTER = 300;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** Shorter than the second pause. A task whose grant was lost on the way goes to another worker after this long. */
    private static final Duration LEASE = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    private Path data;
    private Map<String, String> ports;
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    @BeforeEach
    void choose() throws Exception {
        data = directory.resolve("data");
        ports = ServerProcess.freePorts();
    }

    // 3 s: nobody notices. 7 s: clients on this host have given the server up, its own streams are whole, and leases
    // would
    // be over. 15 s: the driver has closed the server's streams.
    @ParameterizedTest
    @ValueSource(longs = {3, 7, 15})
    @Execution(ExecutionMode.CONCURRENT) // each has its own server, which stands still for most of the time
    void shouldCostNoJobWhenTheServerStandsStill(long seconds) throws Exception {
        try (ServerProcess server = ServerProcess.start(data, ports)) {
            try (SiloClient shared = client().dataDirectory(data).build();
                    SiloClient remote = client().address(ports.get("SILO_SERVER_AERON_ADDR"))
                            .build();
                    SiloWorker one = worker(shared);
                    SiloWorker other = worker(remote)) {
                final List<Thread> producers = List.of(producer(shared), producer(remote));
                await(() -> acknowledged.size() >= JOBS_BEFORE);
                server.signal("STOP");
                Thread.sleep(Duration.ofSeconds(seconds).toMillis());
                final int before = acknowledged.size();
                server.signal("CONT");
                await(() -> acknowledged.size() >= before + JOBS_AFTER);
                stopped = true;
                for (Thread producer : producers) {
                    producer.join();
                }
                assertThat(failures).isEmpty();
                for (String id : acknowledged) {
                    assertThat(shared.awaitResult("-", id, TIMEOUT).result().text())
                            .isEqualTo("done " + id);
                    assertThat(shared.getJob(id).attempt())
                            .as("attempts of %s", id)
                            .isEqualTo(1);
                }
                assertThat(one.completedCount()).isPositive();
                assertThat(other.completedCount()).isPositive();
            }
            assertThat(server.terminate()).isEqualTo(ExitCode.OK);
            assertThat(server.complaints()).isEmpty();
        }
        final Run dump = CommandLineFixture.run("log", "dump", data.toString());
        assertThat(dump.out().lines().filter(line -> line.contains("\"AttemptSucceeded\"")))
                .hasSameSizeAs(acknowledged);
        assertThat(dump.out()).doesNotContain("\"AttemptFailed\"");
    }

    private static SiloClientBuilder client() {
        return SiloClient.builder().requestTimeout(TIMEOUT);
    }

    private static SiloWorker worker(SiloClient client) {
        return SiloWorker.with(client)
                .taskGroup("paused")
                .concurrency(4)
                .handler(task -> {
                    Thread.sleep(5); // so that some are running whenever the server stops
                    return TaskResult.success("done " + task.id());
                })
                .start();
    }

    /** Enqueues one job after the other; each call has the time to outlast the pause. */
    private Thread producer(SiloClient client) {
        final Thread thread = new Thread(
                () -> {
                    try {
                        while (!stopped) {
                            acknowledged.add(client.enqueue(JobRequest.to("paused")
                                            .lease(LEASE)
                                            .payload("x")
                                            .build())
                                    .id());
                            Thread.sleep(1);
                        }
                    } catch (InterruptedException | RuntimeException failed) {
                        failures.add(failed);
                    }
                },
                "producer");
        thread.start();
        return thread;
    }

    private interface Condition {
        boolean holds();
    }

    private void await(Condition condition) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.holds()) {
            assertThat(failures).isEmpty();
            assertThat(System.nanoTime() - deadlineNs).as("time over").isNegative();
            Thread.sleep(10);
        }
    }
}
