package io.silo.server.gubernator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.silo.client.Explanation;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.RateLimit;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.server.SiloServer;
import io.silo.server.TestPorts;
import io.silo.server.config.ConfigLoader;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server and a real Gubernator: what it lets pass starts, it goes away, and it comes back. */
// Mostly waits for windows; GubernatorClientIT has the network on every JDK.
@Tag("newest-jdk")
class GubernatorIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final Map<String, String> settings = new HashMap<>();
    private final List<String> started = new CopyOnWriteArrayList<>();
    private Path data;
    private GubernatorProcess gubernator;
    private SiloServer server;
    private SiloClient client;

    @BeforeEach
    void start() throws Exception {
        final var program = GubernatorProcess.program();
        if (program.isEmpty()) {
            System.err.println(GubernatorProcess.why());
        }
        assumeTrue(program.isPresent(), GubernatorProcess.why());
        data = directory.resolve("data");
        gubernator = GubernatorProcess.start(program.get(), directory);
        settings.putAll(TestPorts.free());
        settings.put("SILO_DATABASE_PATH", data.toString());
        settings.put("SILO_GUBERNATOR_ADDRESS", gubernator.address());
        settings.put("SILO_GUBERNATOR_TIMEOUT_MS", "2000");
        server = SiloServer.start(ConfigLoader.load(null, settings, Map.of()));
        client = SiloClient.builder().dataDirectory(data).build();
    }

    @AfterEach
    void stop() {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.close();
        }
        if (gubernator != null) {
            gubernator.close();
        }
    }

    private SiloWorker work() {
        return SiloWorker.with(client)
                .taskGroup("g")
                .handler(task -> {
                    started.add(task.id());
                    return TaskResult.success("");
                })
                .start();
    }

    private void enqueue(String tenant, String id, RateLimit limit) {
        client.enqueue(JobRequest.to("g").tenant(tenant).id(id).limit(limit).build());
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        final long untilNs = System.nanoTime() + SOON.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(untilNs);
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    /** RATE-10, RATE-12. */
    @Test
    void shouldStartAsManyAsTheLimitAndTheNextInTheNextWindow() throws Exception {
        final RateLimit limit = RateLimit.of("api", "customer", 5, Duration.ofSeconds(4));
        for (int i = 0; i < 6; i++) {
            enqueue("a", "j" + i, limit);
        }
        enqueue("b", "another tenant's", limit);
        final Instant begin = Instant.now();
        try (SiloWorker worker = work()) {
            await("five of one tenant and one of another", () -> started.size() == 6);
            assertThat(started).contains("another tenant's").doesNotContain("j5");
            final Explanation why = client.explain("a", "j5");
            assertThat(why.situation()).isEqualTo(Explanation.Situation.RATE_LIMITED);
            await("the sixth", () -> started.contains("j5"));
            assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofMillis(3_500));
            assertThat(worker.completedCount()).isLessThanOrEqualTo(7);
        }
    }

    @Test
    void shouldWaitWhileGubernatorIsGoneSayWhyAndGoOnWhenItIsBack() throws Exception {
        final RateLimit limit = RateLimit.of("api", "customer", 100, Duration.ofSeconds(10));
        try (SiloWorker worker = work()) {
            enqueue("a", "before", limit);
            await("one while it is there", () -> started.contains("before"));
            gubernator.kill();
            for (int i = 0; i < 3; i++) {
                enqueue("a", "j" + i, limit);
            }
            client.enqueue(JobRequest.to("g").tenant("a").id("without a limit").build());
            await("what needs no answer", () -> started.contains("without a limit"));
            await("the reason is told", () -> {
                final Explanation.Bucket bucket = client.explain("a", "j0").bucket();
                return bucket != null && bucket.stage() == Explanation.RateStage.UNAVAILABLE;
            });
            assertThat(started).containsExactlyInAnyOrder("before", "without a limit");
            for (int i = 0; i < 3; i++) {
                assertThat(client.getJob("a", "j" + i).status()).isEqualTo(JobStatus.SCHEDULED);
            }
            gubernator.start();
            await("all of them", () -> started.size() == 5);
            assertThat(worker.completedCount()).isLessThanOrEqualTo(5);
        }
    }

    @Test
    void shouldAskForLeakyBucketsUnitsOfTheCalendarAndSeveralHits() throws Exception {
        final RateLimit leaky =
                RateLimit.of("leaky", "k", 2, Duration.ofSeconds(2)).withLeakyBucket(2);
        final RateLimit hourly = RateLimit.of("hourly", "k", 1_000, ChronoUnit.HOURS);
        for (int i = 0; i < 4; i++) {
            enqueue("a", "leaky" + i, leaky);
            enqueue("a", "hourly" + i, hourly);
        }
        try (SiloWorker worker = work()) {
            await("all of them", () -> started.size() == 8);
            assertThat(worker.completedCount()).isLessThanOrEqualTo(8);
        }
    }

    /** RATE-11. */
    @Test
    void shouldNotStartAtAWrongAddress() throws IOException {
        final int unused;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        client.close();
        server.close();
        settings.put("SILO_GUBERNATOR_ADDRESS", "127.0.0.1:" + unused);
        assertThatThrownBy(() -> SiloServer.start(ConfigLoader.load(null, settings, Map.of())))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("No Gubernator answers at 127.0.0.1:" + unused);
    }
}
