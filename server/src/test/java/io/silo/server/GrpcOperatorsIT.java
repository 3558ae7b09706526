package io.silo.server;

import static io.silo.server.GrpcFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.silo.grpc.pprof.Function;
import io.silo.grpc.pprof.Profile;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.CompactShardRequest;
import io.silo.grpc.v1.ConfigureShardRequest;
import io.silo.grpc.v1.ConfigureShardResponse;
import io.silo.grpc.v1.CpuProfileRequest;
import io.silo.grpc.v1.CpuProfileResponse;
import io.silo.grpc.v1.DeleteJobRequest;
import io.silo.grpc.v1.DumpTasksRequest;
import io.silo.grpc.v1.DumpTasksResponse;
import io.silo.grpc.v1.FlushShardRequest;
import io.silo.grpc.v1.ForceReleaseShardRequest;
import io.silo.grpc.v1.GetNodeInfoRequest;
import io.silo.grpc.v1.GetNodeInfoResponse;
import io.silo.grpc.v1.GetShardStorageInfoRequest;
import io.silo.grpc.v1.GetSplitStatusRequest;
import io.silo.grpc.v1.GetSplitStatusResponse;
import io.silo.grpc.v1.HeapProfileRequest;
import io.silo.grpc.v1.HeapProfileResponse;
import io.silo.grpc.v1.OwnedShardInfo;
import io.silo.grpc.v1.RequestSplitRequest;
import io.silo.grpc.v1.ResetShardsRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of {@code silo.v1} about the process and its shards as wholes, against a whole server. */
class GrpcOperatorsIT {
    private static final String TENANT = "ada";
    private static final String NO_SHARD = "00000000-0000-4000-8000-000000000000";

    @TempDir
    Path directory;

    private GrpcFixture grpc;
    private final AtomicLong spun = new AtomicLong();
    private volatile byte[] allocated = {};

    @BeforeEach
    void start() throws IOException {
        grpc = GrpcFixture.start(directory.resolve("data"), Map.of());
    }

    @AfterEach
    void stop() throws InterruptedException {
        grpc.close();
    }

    /** ADM-1, CNT-1. */
    @Test
    void shouldCountTheJobsOfEachShard() {
        for (String id : new String[] {"a", "b", "c"}) {
            grpc.silo.enqueue(grpc.job(TENANT, id).build());
        }
        grpc.silo.cancelJob(CancelJobRequest.newBuilder()
                .setShard(grpc.shardOf(TENANT))
                .setTenant(TENANT)
                .setId("b")
                .build());
        final GetNodeInfoResponse info = grpc.silo.getNodeInfo(GetNodeInfoRequest.getDefaultInstance());
        assertThat(info.getNodeId()).isNotEmpty();
        assertThat(info.getPlacementRingsList()).isEmpty();
        assertThat(info.getOwnedShardsList())
                .extracting(OwnedShardInfo::getShardId)
                .doesNotHaveDuplicates();
        for (OwnedShardInfo shard : info.getOwnedShardsList()) {
            final boolean isIts = shard.getShardId().equals(grpc.shardOf(TENANT));
            assertThat(shard.getTotalJobs()).isEqualTo(isIts ? 3 : 0);
            assertThat(shard.getCompletedJobs()).isEqualTo(isIts ? 1 : 0);
            assertThat(shard.getCleanupStatus()).isEqualTo("CompactionDone");
        }
    }

    /** ADM-4. */
    @Test
    void shouldProfileTheProcessorAndTheHeap() throws Exception {
        final AtomicBoolean done = new AtomicBoolean();
        final Thread busy = new Thread(() -> spin(done), "busy");
        busy.start();
        try {
            final CpuProfileResponse cpu = grpc.silo.cpuProfile(CpuProfileRequest.newBuilder()
                    .setDurationSeconds(1)
                    .setFrequency(100)
                    .build());
            assertThat(cpu.getDurationSeconds()).isEqualTo(1);
            assertThat(cpu.getSamples()).isPositive();
            final Profile profile = parsed(cpu.getProfileData());
            assertThat(profile.getSampleCount()).isEqualTo((int) cpu.getSamples());
            assertThat(profile.getPeriod()).isEqualTo(10_000_000);
            assertThat(names(profile)).contains(GrpcOperatorsIT.class.getName() + ".spin");
            final HeapProfileResponse heap = grpc.silo.heapProfile(
                    HeapProfileRequest.newBuilder().setDurationSeconds(1).build());
            final Profile allocations = parsed(heap.getProfileData());
            assertThat(names(allocations)).contains(GrpcOperatorsIT.class.getName() + ".spin");
            assertThat(allocations.getStringTable(
                            (int) allocations.getSampleType(0).getUnit()))
                    .isEqualTo("bytes");
        } finally {
            done.set(true);
            busy.join();
        }
        assertThat(spun.get()).isPositive();
        assertThat(allocated).isNotNull();
    }

    private void spin(AtomicBoolean done) {
        while (!done.get()) {
            for (int i = 0; i < 10_000; i++) {
                spun.addAndGet(i);
            }
            allocated = new byte[10_000];
        }
    }

    private static Profile parsed(ByteString data) throws IOException {
        try (InputStream in = new GZIPInputStream(data.newInput())) {
            return Profile.parseFrom(in);
        }
    }

    private static Iterable<String> names(Profile profile) {
        return profile.getFunctionList().stream()
                .map(Function::getName)
                .map(name -> profile.getStringTable((int) (long) name))
                .toList();
    }

    /** A caller who leaves does not keep the others waiting. */
    @Test
    void shouldEndAProfileWhoseCallerHasGone() throws Exception {
        try (Context.CancellableContext caller = Context.current().withCancellation()) {
            final Thread asks = new Thread(caller.wrap(() -> {
                try {
                    grpc.silo.cpuProfile(CpuProfileRequest.newBuilder()
                            .setDurationSeconds(300)
                            .build());
                } catch (RuntimeException cancelled) {
                    // as intended
                }
            }));
            asks.start();
            Thread.sleep(500);
            caller.cancel(null);
            asks.join();
        }
        final long beginNs = System.nanoTime();
        grpc.silo.cpuProfile(CpuProfileRequest.newBuilder()
                .setDurationSeconds(1)
                .setFrequency(-1)
                .build());
        assertThat(System.nanoTime() - beginNs).isLessThan(20_000_000_000L);
    }

    @Test
    void shouldDumpItsThreads() {
        final DumpTasksResponse dump = grpc.silo.dumpTasks(DumpTasksRequest.getDefaultInstance());
        assertThat(dump.getDump()).contains("\"silo-shard-000\" ").contains("io.silo.gateway.OperatorCalls.dumpTasks");
        assertThat(dump.getTaskCount()).isGreaterThan(5);
    }

    /** ADM-3. */
    @Test
    void shouldFlushAShardAndTellWhatItsLogTakes() {
        final String shard = grpc.shardOf(TENANT);
        final GetShardStorageInfoRequest.Builder asks =
                GetShardStorageInfoRequest.newBuilder().setShard(shard);
        final long before = grpc.silo.getShardStorageInfo(asks.build()).getTotalL0Size();
        grpc.silo.enqueue(grpc.job(TENANT, "j").build());
        final FlushShardRequest.Builder flush = FlushShardRequest.newBuilder().setShard(shard);
        assertThat(grpc.silo.flushShard(flush.build()).getStatus()).isEqualTo("flushed shard " + shard);
        // The figures follow a moment later.
        final long untilNs = System.nanoTime() + 10_000_000_000L;
        while (grpc.silo.getShardStorageInfo(asks.build()).getTotalL0Size() <= before) {
            assertThat(System.nanoTime()).isLessThan(untilNs);
        }
        assertThat(grpc.silo.getShardStorageInfo(asks.build()).getL0SstCount()).isPositive();
        for (String id : new String[] {"x", NO_SHARD}) {
            final Status.Code code = id.equals("x") ? Status.Code.INVALID_ARGUMENT : Status.Code.NOT_FOUND;
            final String sentence =
                    id.equals("x") ? "invalid shard ID: x" : "shard " + NO_SHARD + " not found on this node";
            assertRefused(() -> grpc.silo.flushShard(flush.setShard(id).build()), code, sentence);
            assertRefused(() -> grpc.silo.getShardStorageInfo(asks.setShard(id).build()), code, sentence);
        }
    }

    /** SPLIT-8, RING-4, OWN-28: a server without a cluster has no splits, rings and leases of shards. */
    @Test
    void shouldAnswerWhatOnlyClustersHave() {
        final String shard = grpc.shardOf(TENANT);
        for (String id : new String[] {shard, NO_SHARD}) {
            assertThat(grpc.silo.getSplitStatus(
                            GetSplitStatusRequest.newBuilder().setShardId(id).build()))
                    .isEqualTo(GetSplitStatusResponse.getDefaultInstance());
        }
        assertRefused(
                () -> grpc.silo.getSplitStatus(
                        GetSplitStatusRequest.newBuilder().setShardId("x").build()),
                Status.Code.INVALID_ARGUMENT,
                "invalid shard ID: x");
        assertRefused(
                () -> grpc.silo.requestSplit(
                        RequestSplitRequest.newBuilder().setShardId(shard).build()),
                Status.Code.UNIMPLEMENTED,
                "Shards of this server cannot be split yet.");
        final ConfigureShardRequest.Builder configure =
                ConfigureShardRequest.newBuilder().setShard(shard);
        assertThat(grpc.silo.configureShard(configure.build())).isEqualTo(ConfigureShardResponse.getDefaultInstance());
        assertRefused(
                () -> grpc.silo.configureShard(configure.setPlacementRing("gpu").build()),
                Status.Code.FAILED_PRECONDITION,
                "no member advertises placement ring 'gpu' (advertised: none): a server without a cluster has none,"
                        + " allow_unpopulated_ring or not");
        assertRefused(
                () -> grpc.silo.configureShard(configure.setShard(NO_SHARD).build()),
                Status.Code.NOT_FOUND,
                "shard not found");
        final ForceReleaseShardRequest.Builder release = ForceReleaseShardRequest.newBuilder();
        assertThat(grpc.silo.forceReleaseShard(release.setShard(shard).build()).getReleased())
                .isFalse();
        assertRefused(
                () -> grpc.silo.forceReleaseShard(release.setShard(NO_SHARD).build()),
                Status.Code.NOT_FOUND,
                "shard not found");
    }

    /** ADM-3: it is answered before it is done. */
    @Test
    void shouldCompactAShard() {
        final String shard = grpc.shardOf(TENANT);
        final GetShardStorageInfoRequest asks =
                GetShardStorageInfoRequest.newBuilder().setShard(shard).build();
        for (int i = 0; i < 50; i++) {
            grpc.silo.enqueue(grpc.job(TENANT, "dead" + i)
                    .setPayload(GrpcFixture.bytes("x".repeat(10_000)))
                    .build());
            grpc.silo.cancelJob(CancelJobRequest.newBuilder()
                    .setShard(shard)
                    .setTenant(TENANT)
                    .setId("dead" + i)
                    .build());
            grpc.silo.deleteJob(DeleteJobRequest.newBuilder()
                    .setShard(shard)
                    .setTenant(TENANT)
                    .setId("dead" + i)
                    .build());
        }
        grpc.silo.enqueue(grpc.job(TENANT, "live").build());
        // The cycle that is written is not cleaned by itself.
        awaitStorage(asks, bytes -> bytes > 500_000);
        final CompactShardRequest.Builder compact =
                CompactShardRequest.newBuilder().setShard(shard);
        assertThat(grpc.silo.compactShard(compact.build()).getStatus())
                .isEqualTo("full compaction submitted for shard " + shard);
        awaitStorage(asks, bytes -> bytes < 100_000);
        assertThat(grpc.get(TENANT, "live").getPayload()).isEqualTo(GrpcFixture.bytes("in"));
        assertRefused(
                () -> grpc.silo.compactShard(compact.setShard("x").build()),
                Status.Code.INVALID_ARGUMENT,
                "invalid shard ID: x");
        assertRefused(
                () -> grpc.silo.compactShard(compact.setShard(NO_SHARD).build()),
                Status.Code.NOT_FOUND,
                "shard " + NO_SHARD + " not found on this node");
    }

    private void awaitStorage(GetShardStorageInfoRequest asks, LongPredicate enough) {
        final long untilNs = System.nanoTime() + 20_000_000_000L;
        while (!enough.test(grpc.silo.getShardStorageInfo(asks).getTotalL0Size())) {
            assertThat(System.nanoTime()).isLessThan(untilNs);
        }
    }

    /** ADM-2. */
    @Test
    void shouldResetNothingOutsideOfDevMode() {
        grpc.silo.enqueue(grpc.job(TENANT, "kept").build());
        assertRefused(
                () -> grpc.silo.resetShards(ResetShardsRequest.getDefaultInstance()),
                Status.Code.PERMISSION_DENIED,
                "ResetShards is only available in dev mode");
        assertThat(grpc.get(TENANT, "kept").getId()).isEqualTo("kept");
    }

    /** CLEAN-6. */
    @Test
    void shouldTellWhenItsShardsWereMade() throws Exception {
        final long now = System.currentTimeMillis();
        final Map<String, Long> made = madeAtMs();
        assertThat(made).hasSize(4);
        assertThat(made.values()).allSatisfy(ms -> assertThat(ms).isBetween(now - 60_000, now));
        grpc.close();
        grpc = GrpcFixture.start(directory.resolve("data"), Map.of());
        assertThat(madeAtMs()).isEqualTo(made);
    }

    private Map<String, Long> madeAtMs() {
        return grpc.silo.getNodeInfo(GetNodeInfoRequest.getDefaultInstance()).getOwnedShardsList().stream()
                .collect(Collectors.toMap(OwnedShardInfo::getShardId, OwnedShardInfo::getCreatedAtMs));
    }
}
