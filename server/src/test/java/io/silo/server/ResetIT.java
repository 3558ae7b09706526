package io.silo.server;

import static io.silo.server.GrpcFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.GetNodeInfoRequest;
import io.silo.grpc.v1.HeartbeatRequest;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.OwnedShardInfo;
import io.silo.grpc.v1.ResetShardsRequest;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.grpc.v1.Task;
import io.silo.log.FailPoint;
import io.silo.protocol.Xxh64;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.backup.Backup;
import io.silo.server.data.DataDirectory;
import io.silo.server.error.ServerException;
import io.silo.server.metrics.HealthReport.ShardState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ResetShards} of whole servers: all is gone, all serves, and no crash leaves anything in between. */
@Timeout(180)
@Tag("newest-jdk")
class ResetIT {
    private static final int SHARDS = 4;
    private static final Map<String, String> DEV =
            Map.of("SILO_SERVER_DEV_MODE", "true", "SILO_SHARD_THREADS", "2", "SILO_SHARD_COUNT", "" + SHARDS);

    @TempDir
    Path directory;

    private Path data() {
        return directory.resolve("data");
    }

    private static int reset(SiloGrpc.SiloBlockingStub silo) {
        return silo.resetShards(ResetShardsRequest.getDefaultInstance()).getShardsReset();
    }

    private ShardMap map() {
        return SingleNodeAssignment.read(data().resolve(SingleNodeAssignment.NAME));
    }

    private static List<Long> epochs(ShardMap map) {
        return map.shards().stream().map(ShardMap.Shard::epochOpened).toList();
    }

    private static void assertAbove(List<Long> epochs, List<Long> before) {
        for (int i = 0; i < SHARDS; i++) {
            assertThat(epochs.get(i)).isGreaterThan(before.get(i));
        }
    }

    /** A tenant of each shard, in order of the shards. */
    private List<String> tenants() {
        final List<String> tenants = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            int candidate = 0;
            while (map().shardOf(hash("tenant-" + candidate)) != shard) {
                candidate++;
            }
            tenants.add("tenant-" + candidate);
        }
        return tenants;
    }

    private static long hash(String tenant) {
        final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
        return Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static List<Long> jobs(SiloGrpc.SiloBlockingStub silo) {
        return silo.getNodeInfo(GetNodeInfoRequest.getDefaultInstance()).getOwnedShardsList().stream()
                .map(OwnedShardInfo::getTotalJobs)
                .toList();
    }

    /** ADM-2: usable at once, and again. */
    @Test
    void shouldEmptyAllShards() throws Exception {
        final Path old;
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
            final List<String> tenants = tenants();
            for (int round = 1; round <= 3; round++) {
                final List<Long> before = epochs(map());
                for (String tenant : tenants) {
                    grpc.silo.enqueue(grpc.job(tenant, "a").build());
                    grpc.silo.enqueue(grpc.job(tenant, "b").build());
                }
                final Task task = lease(grpc, tenants.get(0));
                assertThat(jobs(grpc.silo)).containsOnly(2L);
                assertThat(reset(grpc.silo)).isEqualTo(SHARDS);
                for (String tenant : tenants) {
                    // Whatever it was, it is not there; and its id is free.
                    assertRefused(() -> grpc.get(tenant, "a"), Status.Code.NOT_FOUND, "job not found");
                    grpc.silo.enqueue(grpc.job(tenant, "a").build());
                    assertThat(grpc.get(tenant, "a").getAttemptsList()).isEmpty();
                }
                assertThat(jobs(grpc.silo)).containsOnly(1L);
                assertRefused(() -> heartbeat(grpc, tenants.get(0), task), Status.Code.NOT_FOUND, "lease not found");
                assertThat(lease(grpc, tenants.get(0)).getId()).isNotEqualTo(task.getId());
                assertAbove(epochs(map()), before);
                assertThat(grpc.server.health().isHealthy()).isTrue();
                assertThat(reset(grpc.silo)).isEqualTo(SHARDS);
                assertThat(jobs(grpc.silo)).containsOnly(0L);
            }
            grpc.silo.enqueue(grpc.job(tenants.get(1), "kept").build());
            old = data();
        }
        try (GrpcFixture grpc = GrpcFixture.start(old, Map.of())) {
            assertThat(jobs(grpc.silo)).containsExactly(0L, 1L, 0L, 0L);
        }
    }

    private static Task lease(GrpcFixture grpc, String tenant) {
        final LeaseTasksRequest lease = LeaseTasksRequest.newBuilder()
                .setShard(grpc.shardOf(tenant))
                .setWorkerId("w")
                .setMaxTasks(1)
                .setTaskGroup("group")
                .build();
        for (int i = 0; i < 100; i++) {
            final List<Task> tasks = grpc.silo.leaseTasks(lease).getTasksList();
            if (!tasks.isEmpty()) {
                return tasks.get(0);
            }
        }
        throw new AssertionError("no task of " + tenant);
    }

    private static void heartbeat(GrpcFixture grpc, String tenant, Task task) {
        grpc.silo.heartbeat(HeartbeatRequest.newBuilder()
                .setShard(grpc.shardOf(tenant))
                .setWorkerId("w")
                .setTaskId(task.getId())
                .setTenantId(tenant)
                .build());
    }

    /** The shard's creation is not its last emptying (CLEAN-6). */
    @Test
    void shouldKeepTheTimeOfCreation() throws Exception {
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
            final List<Long> made =
                    map().shards().stream().map(ShardMap.Shard::createdAtMs).toList();
            assertThat(made).doesNotContain(0L);
            reset(grpc.silo);
            assertThat(map().shards().stream().map(ShardMap.Shard::createdAtMs)).isEqualTo(made);
            assertThat(grpc.silo.getNodeInfo(GetNodeInfoRequest.getDefaultInstance()).getOwnedShardsList().stream()
                            .map(OwnedShardInfo::getCreatedAtMs))
                    .containsExactlyElementsOf(made);
        }
    }

    /** What is no job goes too, as limits that are set; and a worker that waited goes on with what comes. */
    @Test
    void shouldTakeTheSubscriptionsOfWorkersIntoTheNewLife() throws Exception {
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV);
                SiloClient client = SiloClient.builder().dataDirectory(data()).build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("group")
                        .concurrency(2)
                        .handler(task -> TaskResult.success("done"))
                        .start()) {
            final List<String> tenants = tenants();
            for (String tenant : tenants) {
                client.limits().set(tenant, "key", 3);
                assertThat(client.limits().list(tenant)).hasSize(1);
            }
            reset(grpc.silo);
            for (String tenant : tenants) {
                assertThat(client.limits().list(tenant)).isEmpty();
                client.enqueue(JobRequest.to("group").tenant(tenant).id("new").build());
                assertThat(client.awaitResult(tenant, "new", Duration.ofSeconds(60))
                                .result()
                                .text())
                        .isEqualTo("done");
            }
            assertThat(worker.completedCount()).isEqualTo(SHARDS);
        }
    }

    /** It reopens what had failed to open. */
    @Test
    void shouldServeWhatWasQuarantined() throws Exception {
        final List<String> tenants;
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
            tenants = tenants();
            for (String tenant : tenants) {
                grpc.silo.enqueue(grpc.job(tenant, "a").build());
            }
        }
        final List<UUID> ids = map().shards().stream().map(ShardMap.Shard::id).toList();
        Files.delete(DataDirectory.shardDirectory(data(), ids.get(0)).resolve("durable.mark"));
        Files.move(DataDirectory.shardDirectory(data(), ids.get(2)), directory.resolve("away"));
        final List<Long> before = epochs(map());
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
            assertThat(grpc.server.health().shards().stream()
                            .filter(shard -> shard.state() == ShardState.QUARANTINED)
                            .count())
                    .isEqualTo(2);
            assertThatThrownBy(() ->
                            grpc.silo.enqueue(grpc.job(tenants.get(2), "b").build()))
                    .hasMessageContaining("UNAVAILABLE");
            assertThat(reset(grpc.silo)).isEqualTo(SHARDS);
            assertThat(grpc.server.health().isHealthy()).isTrue();
            for (String tenant : tenants) {
                grpc.silo.enqueue(grpc.job(tenant, "a").build());
            }
            assertThat(jobs(grpc.silo)).containsOnly(1L);
            assertAbove(epochs(map()), before);
        }
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
            assertThat(jobs(grpc.silo)).containsOnly(1L);
        }
    }

    /** None of those who call meanwhile is left without an answer, and what is told as there after a reset is there. */
    @Test
    void shouldAnswerWhoeverCallsMeanwhile() throws Exception {
        try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
            final List<String> tenants = tenants();
            final AtomicBoolean ends = new AtomicBoolean();
            final AtomicReference<Throwable> wrong = new AtomicReference<>();
            final AtomicInteger resets = new AtomicInteger();
            final Map<String, Integer> begunAfter = new ConcurrentHashMap<>();
            final Map<String, Integer> endedBefore = new ConcurrentHashMap<>();
            final List<Thread> callers = new ArrayList<>();
            for (String tenant : tenants) {
                final EnqueueRequest.Builder job = grpc.job(tenant, "");
                callers.add(new Thread(() -> {
                    try {
                        for (int i = 0; !ends.get(); i++) {
                            final int done = resets.get();
                            grpc.silo.enqueue(job.setId(tenant + " " + i).build());
                            begunAfter.put(job.getId(), done);
                            endedBefore.put(job.getId(), resets.get());
                        }
                    } catch (RuntimeException refused) {
                        wrong.set(refused);
                    }
                }));
            }
            callers.forEach(Thread::start);
            // Odd while a reset is under way.
            for (int round = 0; round < 4; round++) {
                Thread.sleep(300);
                resets.incrementAndGet();
                assertThat(reset(grpc.silo)).isEqualTo(SHARDS);
                resets.incrementAndGet();
            }
            Thread.sleep(300);
            ends.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(wrong.get()).isNull();
            int kept = 0;
            int gone = 0;
            for (String id : begunAfter.keySet()) {
                final String tenant = id.substring(0, id.indexOf(' '));
                if (begunAfter.get(id) == 8) {
                    assertThat(grpc.get(tenant, id).getId()).isEqualTo(id);
                    kept++;
                } else if (endedBefore.get(id) < 7) {
                    assertRefused(() -> grpc.get(tenant, id), Status.Code.NOT_FOUND, "job not found");
                    gone++;
                }
            }
            assertThat(kept).isPositive();
            assertThat(gone).isPositive();
        }
    }

    /** Killed at a site of the reset, or of the opening behind it: each shard is as it was, or empty, and serves. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "reset.stopped",
                "reset.noted",
                "empty.unmarked:1",
                "empty.unmarked:3",
                "empty.deleting:2",
                "empty.deleted:2",
                "empty.marked:4",
                "reset.emptied",
                "log.start.created:6",
                "log.start.marked:5",
                "reset.served"
            })
    void shouldLeaveEachShardWholeOrEmptyWhenItIsKilled(String site) throws Exception {
        final Process server = launch(site);
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null && !line.startsWith("port ")) {
                line = output.readLine();
            }
            assertThat(line).isNotNull();
            final ManagedChannel channel = ManagedChannelBuilder.forAddress(
                            "127.0.0.1", Integer.parseInt(line.substring(5)))
                    .usePlaintext()
                    .build();
            final SiloGrpc.SiloBlockingStub silo =
                    SiloGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
            for (String tenant : tenants()) {
                silo.enqueue(EnqueueRequest.newBuilder()
                        .setShard(GrpcFixture.shardOf(silo, tenant))
                        .setTenant(tenant)
                        .setId("a")
                        .setTaskGroup("group")
                        .setPayload(GrpcFixture.bytes("in"))
                        .build());
            }
            final List<Long> before = epochs(map());
            assertThat(catchThrowableOfType(StatusRuntimeException.class, () -> reset(silo)))
                    .isNotNull();
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            assertThat(server.waitFor()).isEqualTo(FailPoint.EXIT_CODE);
            final boolean isOld = site.equals("reset.stopped");
            final boolean isNoted = map().shards().stream().anyMatch(ShardMap.Shard::isEmptying);
            if (isNoted) {
                // Half of it may be gone: nobody is to take it for a backup.
                assertThatThrownBy(() -> Backup.take(data(), directory.resolve("backup"), false))
                        .isInstanceOf(ServerException.class)
                        .hasMessageContaining("emptied");
            }
            try (GrpcFixture grpc = GrpcFixture.start(data(), DEV)) {
                assertThat(grpc.server.health().isHealthy()).isTrue();
                assertThat(jobs(grpc.silo)).containsOnly(isOld ? 1L : 0L);
                assertAbove(epochs(map()), before);
                assertThat(map().shards()).noneMatch(ShardMap.Shard::isEmptying);
                for (String tenant : tenants()) {
                    grpc.silo.enqueue(grpc.job(tenant, "b").build());
                }
                assertThat(jobs(grpc.silo)).containsOnly(isOld ? 2L : 1L);
            }
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private Process launch(String site) throws IOException {
        final List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("-javaagent"))
                .forEach(words::add);
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), ResetServer.class.getName()));
        final ProcessBuilder builder = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(TestPorts.free());
        builder.environment().putAll(DEV);
        builder.environment().put("SILO_DATABASE_PATH", data().toString());
        builder.environment().put(FailPoint.VARIABLE, site);
        return builder.start();
    }
}
