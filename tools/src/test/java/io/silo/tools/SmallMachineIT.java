package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.EnqueueResult;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.tools.FaultyDisk.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with too few file handles, threads or memory: it serves, refuses or ends, and what it acknowledged is there afterwards. */
// Limits of the process are the kernel's and the launcher's; the JDK has no part in them.
@Tag("newest-jdk")
class SmallMachineIT {
    private static final int BATCH = 64;
    private static final int PAYLOAD_BYTES = 8 * 1024;

    /** What {@code ExitOnOutOfMemoryError} ends a process with. */
    private static final int EXIT_OUT_OF_MEMORY = 3;

    /** Enough to load the classes of tests, and too few to serve. */
    private static final int TOO_FEW_FILES = 240;

    @TempDir
    Path directory;

    private Path data;
    private Map<String, String> settings;
    private final List<EnqueueResult> acknowledged = new ArrayList<>();

    @BeforeEach
    void configure() throws IOException {
        data = directory.resolve("data");
        settings = ServerProcess.freePorts();
        settings.put("SILO_SHARD_COUNT", "2");
        settings.put("SILO_DATABASE_CYCLE_BYTES", Integer.toString(1024 * 1024));
    }

    @Test
    void shouldLoseNothingWithFewFileHandles() throws Exception {
        // What the class path of tests holds open differs from machine to machine.
        final int needed = filesNeeded();
        try (ServerProcess server = launchWith(needed - 10)) {
            checkRefused(server);
        }
        try (ServerProcess server = launchWith(needed + 10)) {
            assertThat(isReady(server)).as(server.output()).isTrue();
            enqueue(40);
            server.kill();
        }
        assertThat(acknowledged).as("enough for many rolls").hasSize(40 * BATCH);
        checkNothingIsLost();
    }

    @Test
    void shouldEndWhenItsHeapIsFullAndLoseNothing() throws Exception {
        try (ServerProcess server = ServerProcess.start(data, settings)) {
            enqueue(10);
            assertThat(acknowledged).hasSize(10 * BATCH);
            server.kill();
        }
        final Map<String, String> small = new HashMap<>(settings);
        small.put("_JAVA_OPTIONS", "-Xmx16m -XX:MaxDirectMemorySize=256m -XX:+ExitOnOutOfMemoryError");
        try (ServerProcess server = ServerProcess.launch(data, small)) {
            if (isReady(server)) {
                enqueue(100);
            }
            assertThat(server.awaitExit()).as(server.output()).isEqualTo(EXIT_OUT_OF_MEMORY);
            assertThat(server.output()).contains("OutOfMemoryError");
        }
        checkNothingIsLost();
    }

    @Test
    void shouldServeOrRefuseWithFewThreads() throws Exception {
        final FaultyDisk machine = FaultyDisk.openOrSkip(directory);
        settings.putAll(machine.environment());
        final Fault counted = machine.fault(FaultyDisk.THREAD, "")
                .error(FaultyDisk.EAGAIN)
                .after(FaultyDisk.FOR_EVER)
                .arm();
        final long needed;
        try (ServerProcess server = ServerProcess.start(data, settings)) {
            needed = counted.seen();
            counted.disarm();
            final Fault full = machine.fault(FaultyDisk.THREAD, "")
                    .error(FaultyDisk.EAGAIN)
                    .arm();
            // Rolls, cleaning and reads of old payloads: what it needs for them it has.
            enqueue(40);
            assertThat(acknowledged).hasSize(40 * BATCH);
            full.disarm();
            server.kill();
        }
        for (int missing = 1; missing <= 13; missing += 4) {
            final Fault full = machine.fault(FaultyDisk.THREAD, "")
                    .error(FaultyDisk.EAGAIN)
                    .after(needed - missing)
                    .arm();
            try (ServerProcess server = ServerProcess.launch(data, settings)) {
                // The JVM starts threads of its own when it pleases, and goes on without them.
                if (!isReady(server)) {
                    assertThat(server.awaitExit()).as(server.output()).isEqualTo(ExitCode.REFUSED);
                    // Libraries may have printed traces of what they did without.
                    assertThat(server.output())
                            .contains("error: The system lets this process start no more threads. [SILO-0120]");
                }
                System.out.printf(
                        "%d of %d threads: %s%n", needed - missing, needed, isReady(server) ? "serves" : "refused");
                assertThat(full.struck()).isPositive();
            }
            full.disarm();
        }
        checkNothingIsLost();
    }

    private ServerProcess launchWith(int handles) throws IOException {
        return ServerProcess.launch(List.of("prlimit", "--nofile=" + handles + ":" + handles), data, settings);
    }

    private int filesNeeded() throws Exception {
        try (ServerProcess server = launchWith(TOO_FEW_FILES)) {
            checkRefused(server);
            final Matcher told = Pattern.compile("may need (\\d+)").matcher(server.output());
            assertThat(told.find()).as(server.output()).isTrue();
            return Integer.parseInt(told.group(1));
        }
    }

    private static void checkRefused(ServerProcess server) throws Exception {
        assertThat(isReady(server)).as(server.output()).isFalse();
        assertThat(server.awaitExit()).isEqualTo(ExitCode.REFUSED);
        assertThat(server.output()).contains("[SILO-0116]").doesNotContain("\tat ");
    }

    /** Whether it became ready; one that did not has ended by itself. */
    private static boolean isReady(ServerProcess server) throws Exception {
        final long deadlineNs = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (server.isAlive()) {
            if (server.output().lines().anyMatch(line -> line.startsWith("ready"))) {
                return true;
            }
            assertThat(System.nanoTime() - deadlineNs).as(server.output()).isNegative();
            Thread.sleep(20);
        }
        return false;
    }

    private void enqueue(int batches) {
        try (SiloClient client = SiloClient.builder()
                .dataDirectory(data)
                .requestTimeout(Duration.ofSeconds(2))
                .build()) {
            for (int i = 0; i < batches; i++) {
                final List<JobRequest> jobs = new ArrayList<>();
                for (int j = 0; j < BATCH; j++) {
                    jobs.add(JobRequest.to("small")
                            .tenant("tenant-" + j % 8)
                            .payload(Payload.raw(new byte[PAYLOAD_BYTES]))
                            .build());
                }
                client.enqueueAll(jobs).stream()
                        .filter(EnqueueResult::isAccepted)
                        .forEach(acknowledged::add);
            }
        } catch (SiloException refused) {
            System.out.printf("refused after %d jobs: %s%n", acknowledged.size(), refused.getMessage());
        }
    }

    private void checkNothingIsLost() throws Exception {
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = SiloClient.builder().dataDirectory(data).build()) {
            assertThat(server.output()).contains("2 of 2");
            for (EnqueueResult job : acknowledged) {
                assertThat(client.getJob(job.tenant(), job.jobId()).payload().bytes())
                        .hasSize(PAYLOAD_BYTES);
            }
            assertThat(client.enqueue(JobRequest.to("small").build()).id()).isNotEmpty();
            System.out.printf("found again: %d jobs%n", acknowledged.size());
        }
    }
}
