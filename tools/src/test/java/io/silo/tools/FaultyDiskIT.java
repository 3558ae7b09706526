package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.silo.client.EnqueueResult;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Xxh64;
import io.silo.server.assignment.ShardMap;
import io.silo.tools.FaultyDisk.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A whole server whose disk fails or crawls. Each fault strikes one shard of a server with many, which shows in the same run that the
 * others go on; every test demands that its fault really struck.
 */
@Tag("newest-jdk")
class FaultyDiskIT {
    private static final int SHARDS = 8;

    /** The shard that no fault strikes. */
    private static final int WHOLE = 7;

    /** From a sync that fails to the shard that says it is closed. */
    private static final long CLOSED_MS_MAX = 100;

    private static final int CYCLE_BYTES = 1024 * 1024;

    /** More records than two cycles and what is allocated ahead hold. */
    private static final int BATCHES_MAX = 600;

    private static final int BATCH = 32;
    private static final int PAYLOAD_BYTES = 1_000;
    private static final Duration LEASE = Duration.ofSeconds(1);

    /** Over the 10 s of silence that end a session, and the 5 s after which all leases get their full length again. */
    private static final long SLOW_MS = Long.getLong("silo.disk.slow.ms", 10_500);

    /** Several leases, and less than those 5 s: what is granted under it counts from its end. */
    private static final long SLOWISH_MS = 4_000;

    private static final int JITTER_MS = 100;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private Path data;
    private Map<String, String> settings;
    private FaultyDisk disk;
    private final List<EnqueueResult> acknowledged = new ArrayList<>();

    @BeforeEach
    void configure() throws Exception {
        data = directory.resolve("data");
        disk = FaultyDisk.openOrSkip(directory);
        settings = ServerProcess.freePorts();
        settings.put("SILO_SHARD_COUNT", Integer.toString(SHARDS));
        settings.put("SILO_DATABASE_CYCLE_BYTES", Integer.toString(CYCLE_BYTES));
        settings.putAll(disk.environment());
    }

    @Test
    void shouldCloseTheShardWhoseDiskFailsAndAcknowledgeNothingThatIsNotThere() throws Exception {
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = client(TIMEOUT);
                SiloClient impatient = client(Duration.ofSeconds(1))) {
            // Chronicle syncs when it closes a file and lets a failure pass. It has no say in what is durable: all its
            // syncs
            // fail here, and nobody is to notice. Armed now, since Aeron syncs once at its start.
            final Fault chronicles =
                    disk.fault(FaultyDisk.MSYNC, "").error(FaultyDisk.EIO).arm();
            for (int shard = 0; shard < SHARDS; shard++) {
                assertThat(enqueue(client, shard)).as("shard %d", shard).isNull();
            }
            syncFailsOnce(server, impatient, 0, FaultyDisk.EIO);
            syncFailsOnce(server, impatient, 1, FaultyDisk.ENOSPC);
            markIsWrittenInPieces(client, 2);
            markFails(impatient, 3);
            noBlocks(client, 4);
            interruptedSync(client, 5);
            noNextCycle(impatient, 6);
            assertThat(enqueue(client, WHOLE)).isNull();
            assertThat(states())
                    .containsExactly(
                            "failed", "failed", "serving", "failed", "serving", "serving", "failed", "serving");
            assertThat(chronicles.struck()).as("syncs by Chronicle").isPositive();
            chronicles.disarm();
            server.kill();
        }
        checkNothingIsLost();
    }

    private void syncFailsOnce(ServerProcess server, SiloClient client, int shard, int error) throws Exception {
        final Fault fault = disk.fault(FaultyDisk.SYNC, cyclesOf(shard))
                .error(error)
                .times(1)
                .arm();
        final List<EnqueueResult> before = List.copyOf(acknowledged);
        final CompletableFuture<@Nullable RejectReason> answer =
                CompletableFuture.supplyAsync(() -> enqueue(client, shard));
        awaitState(shard, "failed");
        final long closedNs = System.nanoTime();
        // Whether the job is on the disk nobody knows, so nobody says that it is not.
        assertThat(answer.get()).isEqualTo(RejectReason.UNKNOWN_OUTCOME);
        assertThat(fault.struck()).isEqualTo(1);
        for (int i = 0; i < 3; i++) {
            assertThat(enqueue(client, shard)).isEqualTo(RejectReason.SHARD_CLOSED);
        }
        assertThat(acknowledged).isEqualTo(before);
        final long tookMs = TimeUnit.NANOSECONDS.toMillis(closedNs - fault.firstNs());
        System.out.printf("errno %d at sync: shard closed after at most %d ms%n", error, tookMs);
        assertThat(tookMs).as("ms from the failed sync to the closed shard").isLessThan(CLOSED_MS_MAX);
        assertThat(message(shard)).contains("sync").contains("SILO-0111");
        assertThat(server.output()).contains("is closed, the others serve");
        assertThat(enqueue(client, WHOLE)).isNull();
        fault.disarm();
    }

    /** The mark is written within 100 ms of idle; a write of half of it, or one that a signal interrupts, is gone on with. */
    private void markIsWrittenInPieces(SiloClient client, int shard) throws Exception {
        final Fault interrupted = disk.fault(FaultyDisk.WRITE, markOf(shard))
                .error(FaultyDisk.EINTR)
                .times(2)
                .arm();
        final Fault halves =
                disk.fault(FaultyDisk.WRITE, markOf(shard)).shortWrites().arm();
        assertThat(enqueue(client, shard)).isNull();
        await(() -> interrupted.struck() == 2 && halves.struck() >= 8);
        interrupted.disarm();
        halves.disarm();
        assertThat(enqueue(client, shard)).isNull();
    }

    private void markFails(SiloClient client, int shard) throws Exception {
        final Fault fault = disk.fault(FaultyDisk.WRITE, markOf(shard))
                .error(FaultyDisk.EIO)
                .times(1)
                .arm();
        enqueue(client, shard);
        awaitState(shard, "failed");
        assertThat(fault.struck()).isEqualTo(1);
        assertThat(message(shard)).contains("durable.mark");
        assertThat(enqueue(client, shard)).isEqualTo(RejectReason.SHARD_CLOSED);
        fault.disarm();
    }

    /** No blocks to be had is a full disk, not a broken one. */
    private void noBlocks(SiloClient client, int shard) throws Exception {
        final Fault fault = disk.fault(FaultyDisk.ALLOCATE, cyclesOf(shard))
                .error(FaultyDisk.ENOSPC)
                .arm();
        assertThat(fillUntilRefused(client, shard)).isEqualTo(RejectReason.DISK_FULL);
        assertThat(fault.struck()).isPositive();
        assertThat(states().get(shard)).isEqualTo("serving");
        fault.disarm();
        await(() -> enqueue(client, shard) == null);
    }

    private void interruptedSync(SiloClient client, int shard) throws Exception {
        final Fault fault = disk.fault(FaultyDisk.SYNC, cyclesOf(shard))
                .error(FaultyDisk.EINTR)
                .times(3)
                .arm();
        assertThat(enqueue(client, shard)).isNull();
        assertThat(fault.struck()).isEqualTo(3);
        fault.disarm();
    }

    private void noNextCycle(SiloClient client, int shard) throws Exception {
        final Fault fault = disk.fault(FaultyDisk.TRUNCATE, cyclesOf(shard))
                .error(FaultyDisk.EIO)
                .arm();
        fillUntilRefused(client, shard);
        awaitState(shard, "failed");
        assertThat(fault.struck()).isPositive();
        fault.disarm();
    }

    private void checkNothingIsLost() throws Exception {
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = client(TIMEOUT)) {
            assertThat(states()).containsOnly("serving");
            for (EnqueueResult job : acknowledged) {
                assertThat(client.getJob(job.tenant(), job.jobId()).payload().bytes())
                        .hasSize(PAYLOAD_BYTES);
            }
            assertThat(acknowledged.size()).isGreaterThan(SHARDS + BATCH);
            syncFailsAtStart(server);
        }
    }

    /** A disk that does not sync at all when a server starts: that shard is not served, and it says why. */
    private void syncFailsAtStart(ServerProcess server) throws Exception {
        final String cycles = cyclesOf(0);
        server.kill();
        final Fault fault =
                disk.fault(FaultyDisk.SYNC, cycles).error(FaultyDisk.EIO).arm();
        try (ServerProcess again = ServerProcess.start(data, settings);
                SiloClient client = client(TIMEOUT)) {
            assertThat(fault.struck()).isPositive();
            assertThat(states().get(0)).isEqualTo("failed");
            assertThat(message(0)).contains("SILO-000");
            assertThat(again.output()).contains("is not served");
            assertThat(enqueue(client, 0)).isEqualTo(RejectReason.SHARD_CLOSED);
            assertThat(enqueue(client, WHOLE)).isNull();
        }
    }

    @ParameterizedTest
    @MethodSource("delays")
    void shouldKeepLeasesOfLiveWorkersWhileTheDiskCrawls(long slowMs) throws Exception {
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = client(TIMEOUT);
                SiloWorker one = worker(client);
                SiloWorker other = worker(client)) {
            final Fault jitter =
                    disk.fault(FaultyDisk.SYNC, "/cycles/").delayMs(JITTER_MS).arm();
            for (int i = 0; i < SHARDS; i++) {
                assertThat(enqueue(client, i)).isNull();
            }
            await(() -> jitter.struck() > SHARDS);
            jitter.disarm();
            final Fault slow = disk.fault(FaultyDisk.SYNC, cyclesOf(0))
                    .delayMs(slowMs)
                    .times(1)
                    .arm();
            final long beginNs = System.nanoTime();
            assertThat(enqueue(client, 0)).isNull();
            assertThat(System.nanoTime() - beginNs)
                    .as("an acknowledgement waits for its sync")
                    .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(slowMs));
            assertThat(slow.struck()).isEqualTo(1);
            for (EnqueueResult job : acknowledged) {
                assertThat(client.awaitResult(job.tenant(), job.jobId(), TIMEOUT)
                                .status())
                        .isEqualTo(JobStatus.SUCCEEDED);
                assertThat(client.getJob(job.tenant(), job.jobId()).attempt())
                        .as("attempts of %s", job.jobId())
                        .isEqualTo(1);
            }
            assertThat(one.completedCount() + other.completedCount()).isEqualTo(acknowledged.size());
            assertThat(states()).containsOnly("serving");
            assertThat(server.complaints()).isEmpty();
        }
    }

    static LongStream delays() {
        return LongStream.of(SLOWISH_MS, SLOW_MS);
    }

    private SiloClient client(Duration timeout) {
        return SiloClient.builder().dataDirectory(data).requestTimeout(timeout).build();
    }

    private static SiloWorker worker(SiloClient client) {
        return SiloWorker.with(client)
                .taskGroup("disk")
                .concurrency(8)
                .handler(task -> {
                    Thread.sleep(500); // so that most run while the disk stands still
                    return TaskResult.success("done");
                })
                .start();
    }

    /** One batch for a shard. Null, or why the first that was refused was. */
    private @Nullable RejectReason enqueue(SiloClient client, int shard) {
        return enqueue(client, shard, 1);
    }

    private @Nullable RejectReason enqueue(SiloClient client, int shard, int count) {
        @Nullable RejectReason refused = null;
        final List<JobRequest> jobs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            jobs.add(JobRequest.to("disk")
                    .tenant(tenantOf(shard))
                    .lease(LEASE)
                    .payload(Payload.raw(new byte[PAYLOAD_BYTES]))
                    .build());
        }
        try {
            for (EnqueueResult result : client.enqueueAll(jobs)) {
                if (result.isAccepted()) {
                    acknowledged.add(result);
                } else {
                    refused = result.rejected();
                }
            }
        } catch (SiloException whole) {
            refused = whole.reason();
        }
        return refused;
    }

    private RejectReason fillUntilRefused(SiloClient client, int shard) {
        for (int i = 0; i < BATCHES_MAX; i++) {
            final RejectReason refused = enqueue(client, shard, BATCH);
            if (refused != null && refused != RejectReason.BUSY) {
                return refused;
            }
        }
        throw new AssertionError("shard " + shard + " takes whatever is sent");
    }

    /** A tenant of this shard, by the rule that client and server share. */
    private static String tenantOf(int shard) {
        final ShardMap map = ShardMap.ofEqualRanges(SHARDS, UUID::randomUUID);
        for (int i = 0; ; i++) {
            final String tenant = "tenant-" + i;
            final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
            if (map.shardOf(Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length)) == shard) {
                return tenant;
            }
        }
    }

    private String cyclesOf(int shard) {
        return "/shards/" + shards().get(shard).path("id").asText() + "/cycles/";
    }

    private String markOf(int shard) {
        return "/shards/" + shards().get(shard).path("id").asText() + "/durable.mark";
    }

    private JsonNode shards() {
        return OperationsClient.health(settings.get("SILO_METRICS_ADDR")).path("shards");
    }

    private List<String> states() {
        return shards().findValuesAsText("state");
    }

    private String message(int shard) {
        return shards().get(shard).path("message").asText();
    }

    private void awaitState(int shard, String state) throws InterruptedException {
        await(() -> states().get(shard).equals(state));
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadlineNs).as("time over").isNegative();
            Thread.sleep(5);
        }
    }
}
