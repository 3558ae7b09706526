package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.client.EnqueueResult;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Xxh64;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.config.ConfigLoader;
import io.silo.server.config.ServerConfig;
import io.silo.server.data.DataDirectory;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import io.silo.server.metrics.HealthReport.ShardHealth;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.shard.command.Uploads;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server in this process: what it does with damaged data, tokens, and who asks how it is. */
class SiloServerIT {
    private static final int SHARDS = 4;

    @TempDir
    Path directory;

    private Path data;
    private final Map<String, String> settings = new HashMap<>();

    @BeforeEach
    void choosePorts() throws IOException {
        data = directory.resolve("data");
        settings.putAll(TestPorts.free());
        settings.put("SILO_DATABASE_PATH", data.toString());
    }

    @Test
    void shouldQuarantineADamagedShardAndServeTheOthers() throws Exception {
        final List<String> tenants = enqueueForEveryShard();
        final ShardMap map = map();
        damage(map.shards().get(1));

        try (SiloServer server = SiloServer.start(config());
                SiloClient client = client()) {
            final ShardHealth damaged = server.health().shards().get(1);
            assertThat(damaged.state()).isEqualTo(ShardState.QUARANTINED);
            assertThat(damaged.sentence())
                    .contains("[SILO-0108]")
                    .contains("./silo log verify " + data.resolve("shards").resolve(damaged.id()));
            for (int shard = 0; shard < SHARDS; shard++) {
                final String tenant = tenants.get(shard);
                if (shard == 1) {
                    assertThatThrownBy(() -> client.getJob(tenant, "kept"))
                            .isInstanceOfSatisfying(
                                    SiloException.class,
                                    refused -> assertThat(refused.reason()).isEqualTo(RejectReason.SHARD_CLOSED));
                } else {
                    assertThat(client.getJob(tenant, "kept").payload().text()).isEqualTo(tenant);
                    client.enqueue(JobRequest.to("group")
                            .tenant(tenant)
                            .payload("more")
                            .build());
                }
            }
            final HttpResponse<String> health = get(server, "/healthz");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body()).contains("quarantined").contains("SILO-0108");
            assertThat(get(server, "/metrics").body())
                    .contains("silo_shards_owned 3.0")
                    .contains("silo_jobs_enqueued_total{shard=\"0\"} 1.0")
                    .contains("jvm_memory_used_bytes");
        }
    }

    /** The memory of a server's rows is free again once it is closed, for a process that starts another. */
    @Test
    void shouldLetGoOfAllWhenClosed() throws Exception {
        final List<WeakReference<SiloServer>> closed = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (SiloServer server = SiloServer.start(config())) {
                closed.add(new WeakReference<>(server));
            }
        }
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        // The last one a thread that was its own may still be about to forget.
        while (closed.stream().filter(server -> server.get() == null).count() < 2 && System.nanoTime() < deadlineNs) {
            System.gc();
            Thread.sleep(50);
        }
        assertThat(closed.stream().filter(server -> server.get() == null).count())
                .isGreaterThanOrEqualTo(2);
    }

    @Test
    void shouldNotTakeAnEmptyDirectoryForAFreshShard() throws Exception {
        enqueueForEveryShard();
        final ShardMap map = map();
        for (int shard = 0; shard < SHARDS; shard++) {
            final Path log =
                    data.resolve("shards").resolve(map.shards().get(shard).id().toString());
            IoUtil.delete(log.toFile(), false);
            if (shard > 0) {
                Files.createDirectory(log);
            }
        }
        for (int start = 0; start < 2; start++) { // a second start must not be fooled by what the first left behind
            try (SiloServer server = SiloServer.start(config());
                    SiloClient client = client()) {
                assertThat(server.health().shards()).allSatisfy(shard -> {
                    assertThat(shard.state()).isEqualTo(ShardState.QUARANTINED);
                    assertThat(shard.sentence()).contains("[SILO-0109]");
                });
                assertThatThrownBy(() -> client.enqueue(JobRequest.to("group").build()))
                        .isInstanceOfSatisfying(
                                SiloException.class,
                                refused -> assertThat(refused.reason()).isEqualTo(RejectReason.SHARD_CLOSED));
            }
        }
    }

    @Test
    void shouldAskForItsTokens() {
        settings.put("SILO_SERVER_AUTH_TOKEN", "right");
        try (SiloServer server = SiloServer.start(config())) {
            assertThat(server.banner()).anyMatch(line -> line.contains("1 token"));
            for (String wrong : List.of("", "wrong", "right ")) {
                try (SiloClient client =
                        SiloClient.builder().dataDirectory(data).token(wrong).build()) {
                    assertThatThrownBy(client::awaitConnected)
                            .isInstanceOfSatisfying(
                                    SiloException.class,
                                    refused -> assertThat(refused.reason()).isEqualTo(RejectReason.UNAUTHENTICATED));
                }
            }
            try (SiloClient client =
                    SiloClient.builder().dataDirectory(data).token("right").build()) {
                assertThat(client.awaitConnected()).isEqualTo(ServerVersion.current());
            }
        }
    }

    /** TEN-1: a client that names no tenant works where there are none, and one that names one does not. */
    @Test
    void shouldTakeJobsWithoutATenantWhenTenancyIsOff() {
        settings.put("SILO_TENANCY_MODE", "off");
        try (SiloServer server = SiloServer.start(config());
                SiloClient client = client()) {
            assertThat(server.health().isHealthy()).isTrue();
            final JobHandle job = client.enqueue(JobRequest.to("group").build());
            assertThat(job.get().tenant()).isEqualTo("-");
            assertThat(job.cancel()).isEqualTo(JobStatus.CANCELLED);
            assertThatThrownBy(() ->
                            client.enqueue(JobRequest.to("group").tenant("acme").build()))
                    .isInstanceOfSatisfying(
                            SiloException.class,
                            refused -> assertThat(refused.reason()).isEqualTo(RejectReason.TENANT_NOT_ALLOWED));
        }
    }

    @Test
    void shouldNotListenToOthersWithoutAToken() {
        settings.put("SILO_SERVER_AERON_ADDR", "0.0.0.0:7451");
        settings.put("SILO_SERVER_AERON_CONTROL_ADDR", "0.0.0.0:7452");
        assertThatThrownBy(() -> SiloServer.start(config()))
                .isInstanceOfSatisfying(
                        ServerException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ServerErrorCode.TOKENS_REQUIRED));
        assertThat(data).doesNotExist();
    }

    @Test
    void shouldSpreadShardsOverThreads() {
        settings.put("SILO_SHARD_THREADS", "2");
        final List<String> tenants = enqueueForEveryShard();
        settings.put("SILO_SHARD_THREADS", "3");
        try (SiloServer server = SiloServer.start(config());
                SiloClient client = client()) {
            assertThat(server.address().shardThreads()).isEqualTo(3);
            for (String tenant : tenants) {
                assertThat(client.getJob(tenant, "kept").payload().text()).isEqualTo(tenant);
            }
        }
    }

    @Test
    void shouldGoOnWithANewMediaDriverWhenTheOldOneIsLost() {
        try (SiloServer server = SiloServer.start(config());
                SiloClient client = SiloClient.builder()
                        .dataDirectory(data)
                        .requestTimeout(Duration.ofSeconds(60))
                        .build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("group")
                        .concurrency(4)
                        .handler(task -> {
                            Thread.sleep(200);
                            return TaskResult.success("done " + task.id());
                        })
                        .start()) {
            final List<EnqueueResult> jobs = new ArrayList<>(enqueue(client, 40));
            while (worker.completedCount() < 4) {
                Thread.onSpinWait();
            }
            server.loseDriver(); // with tasks running, and others to come
            jobs.addAll(enqueue(client, 40));
            for (EnqueueResult job : jobs) {
                assertThat(job.isAccepted()).isTrue();
                assertThat(client.awaitResult("-", job.jobId(), Duration.ofSeconds(60))
                                .result()
                                .text())
                        .isEqualTo("done " + job.jobId());
            }
            assertThat(server.health().isHealthy()).isTrue();
        }
    }

    @Test
    void shouldTakeMoreLargeJobsAtOnceThanASessionMayUpload() {
        try (SiloServer server = SiloServer.start(config());
                SiloClient client = SiloClient.builder()
                        .dataDirectory(data)
                        .requestTimeout(Duration.ofSeconds(60))
                        .build()) {
            final int count = 2 * Uploads.UPLOADS_PER_SESSION_MAX;
            final List<EnqueueResult> jobs = client.enqueueAll(IntStream.range(0, count)
                    .mapToObj(i -> JobRequest.to("group")
                            .payload(Payload.raw(new byte[Bounds.INLINE_BYTES_MAX + i + 1]))
                            .build())
                    .toList());
            assertThat(jobs).hasSize(count).allMatch(EnqueueResult::isAccepted);
            for (int i = 0; i < count; i += 100) {
                assertThat(client.getJob(jobs.get(i).jobId()).payload().size())
                        .isEqualTo(Bounds.INLINE_BYTES_MAX + i + 1);
            }
            assertThat(server.health().isHealthy()).isTrue();
        }
    }

    private static List<EnqueueResult> enqueue(SiloClient client, int count) {
        return client.enqueueAll(IntStream.range(0, count)
                .mapToObj(i -> JobRequest.to("group").payload("job " + i).build())
                .toList());
    }

    /** Starts a server, enqueues a job for a tenant of each shard, stops it; the tenants in order of their shards. */
    private List<String> enqueueForEveryShard() {
        final List<String> tenants = new ArrayList<>();
        try (SiloServer server = SiloServer.start(config());
                SiloClient client = client()) {
            assertThat(server.health().isHealthy()).isTrue();
            final ShardMap map = map();
            for (int shard = 0; shard < SHARDS; shard++) {
                int candidate = 0;
                while (map.shardOf(hash("tenant-" + candidate)) != shard) {
                    candidate++;
                }
                final String tenant = "tenant-" + candidate;
                tenants.add(tenant);
                client.enqueue(JobRequest.to("group")
                        .tenant(tenant)
                        .id("kept")
                        .payload(tenant)
                        .build());
            }
        }
        return tenants;
    }

    private static long hash(String tenant) {
        final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
        return Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /** The map as it lies in the directory; read without its lock, as a running server's. */
    private ShardMap map() {
        final Path copy = directory.resolve("copy-" + System.nanoTime());
        try (DataDirectory other = DataDirectory.open(copy)) {
            Files.copy(data.resolve(SingleNodeAssignment.NAME), copy.resolve(SingleNodeAssignment.NAME));
            return SingleNodeAssignment.open(other, SHARDS, 1).shardMap();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    /** Changes a byte in the middle of the shard's first record. */
    private void damage(ShardMap.Shard shard) throws IOException {
        final Path cycles =
                data.resolve("shards").resolve(shard.id().toString()).resolve("cycles");
        try (Stream<Path> files = Files.walk(cycles)) {
            final Path file = files.filter(path -> path.toString().endsWith(".cq4"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                final byte[] head = new byte[64 * 1024];
                bytes.readFully(head);
                final int at = indexOf(head, "kept");
                bytes.seek(at);
                bytes.write('K');
            }
        }
    }

    private static int indexOf(byte[] bytes, String text) {
        final String all = new String(bytes, StandardCharsets.ISO_8859_1);
        final int at = all.indexOf(text);
        assertThat(at).isPositive();
        return at;
    }

    private ServerConfig config() {
        return ConfigLoader.load(null, settings, Map.of());
    }

    private SiloClient client() {
        return SiloClient.builder()
                .dataDirectory(data)
                .requestTimeout(Duration.ofSeconds(5))
                .build();
    }

    private static HttpResponse<String> get(SiloServer server, String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create("http://" + server.address().httpAddress() + path))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
