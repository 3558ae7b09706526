package io.silo.gateway;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.silo.client.JobCounts;
import io.silo.client.ShardCounts;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.CompactShardRequest;
import io.silo.grpc.v1.CompactShardResponse;
import io.silo.grpc.v1.ConfigureShardRequest;
import io.silo.grpc.v1.ConfigureShardResponse;
import io.silo.grpc.v1.CpuProfileRequest;
import io.silo.grpc.v1.CpuProfileResponse;
import io.silo.grpc.v1.DumpTasksResponse;
import io.silo.grpc.v1.FlushShardRequest;
import io.silo.grpc.v1.FlushShardResponse;
import io.silo.grpc.v1.ForceReleaseShardRequest;
import io.silo.grpc.v1.ForceReleaseShardResponse;
import io.silo.grpc.v1.GetNodeInfoResponse;
import io.silo.grpc.v1.GetShardStorageInfoRequest;
import io.silo.grpc.v1.GetShardStorageInfoResponse;
import io.silo.grpc.v1.GetSplitStatusRequest;
import io.silo.grpc.v1.GetSplitStatusResponse;
import io.silo.grpc.v1.HeapProfileRequest;
import io.silo.grpc.v1.HeapProfileResponse;
import io.silo.grpc.v1.OwnedShardInfo;
import io.silo.grpc.v1.RequestSplitResponse;
import io.silo.grpc.v1.ResetShardsResponse;
import io.silo.protocol.RejectReason;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The calls about the process and its shards as wholes. But for the status of splits they are for tokens that allow everything. Any thread. */
final class OperatorCalls implements AutoCloseable {
    // Behaviour ADM-4.
    private static final int PROFILE_S = 30;
    private static final int PROFILE_S_MAX = 300;
    private static final int FREQUENCY = 100;
    private static final int FREQUENCY_MAX = 1_000;

    /** What a shard is at that was never split: nothing is to be cleaned up in it. */
    private static final String NEVER_SPLIT = "CompactionDone";

    private final ServedNode node;
    private final ShardAddresses addresses;
    private final Profiler profiler = new Profiler();

    OperatorCalls(ServedNode node, ShardAddresses addresses) {
        this.node = node;
        this.addresses = addresses;
    }

    private static void checkOperator() {
        if (!TokenCheck.IS_OPERATOR.get()) {
            throw Status.PERMISSION_DENIED
                    .withDescription("this call is for tokens that allow everything")
                    .asRuntimeException();
        }
    }

    CompletableFuture<GetNodeInfoResponse> nodeInfo(SiloClient client) {
        checkOperator();
        final ShardCounts counts = new ShardCounts(client);
        final List<CompletableFuture<OwnedShardInfo>> infos = new ArrayList<>();
        for (final ServedShard shard : addresses.shards()) {
            infos.add(counts.jobs(shard.rangeFirst())
                    .thenApply(jobs -> info(shard, jobs))
                    // One that is closed has no counts to tell.
                    .exceptionally(closed -> info(shard, new JobCounts(0, 0, 0, 0, 0))));
        }
        return CompletableFuture.allOf(infos.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    final GetNodeInfoResponse.Builder response =
                            GetNodeInfoResponse.newBuilder().setNodeId(node.id());
                    infos.forEach(info -> response.addOwnedShards(info.join()));
                    return response.build();
                });
    }

    private static OwnedShardInfo info(ServedShard shard, JobCounts jobs) {
        return OwnedShardInfo.newBuilder()
                .setShardId(shard.id().toString())
                .setTotalJobs(jobs.total())
                .setCompletedJobs(jobs.succeeded() + jobs.failed() + jobs.cancelled())
                .setCleanupStatus(NEVER_SPLIT)
                .setCreatedAtMs(shard.createdAtMs().getAsLong())
                .build();
    }

    /** A count that is answered as durable speaks of a log that is synced up to there. */
    CompletableFuture<FlushShardResponse> flush(SiloClient client, FlushShardRequest request) {
        checkOperator();
        final ServedShard shard = here(request.getShard());
        return new ShardCounts(client)
                .jobs(shard.rangeFirst())
                .thenApply(durable -> FlushShardResponse.newBuilder()
                        .setStatus("flushed shard " + shard.id())
                        .build())
                .exceptionallyCompose(failed -> CompletableFuture.failedFuture(
                        Refusals.reason(failed) == RejectReason.SHARD_CLOSED ? notHere(shard.id()) : failed));
    }

    /** The cycles of its log; it has no sorted runs. */
    CompletableFuture<GetShardStorageInfoResponse> storage(GetShardStorageInfoRequest request) {
        checkOperator();
        final ServedShard.Storage storage = here(request.getShard()).storage().get();
        return CompletableFuture.completedFuture(GetShardStorageInfoResponse.newBuilder()
                .setL0SstCount(storage.cycles())
                .setTotalL0Size(storage.bytes())
                .build());
    }

    /** Answered once it is ordered: what it takes depends on what the log holds, and on who else wants the disk (behaviour ADM-3). */
    CompletableFuture<CompactShardResponse> compact(CompactShardRequest request) {
        checkOperator();
        final ServedShard shard = here(request.getShard());
        return shard.compact().get().thenApply(isOpen -> {
            if (!isOpen) {
                throw notHere(shard.id());
            }
            return CompactShardResponse.newBuilder()
                    .setStatus("full compaction submitted for shard " + shard.id())
                    .build();
        });
    }

    /** Behaviour ADM-2. */
    CompletableFuture<ResetShardsResponse> resetShards() {
        checkOperator();
        final Supplier<CompletableFuture<Integer>> reset = node.resetShards();
        if (reset == null) {
            throw Status.PERMISSION_DENIED
                    .withDescription("ResetShards is only available in dev mode")
                    .asRuntimeException();
        }
        return reset.get()
                .thenApply(shards ->
                        ResetShardsResponse.newBuilder().setShardsReset(shards).build());
    }

    /** As operators are told that a shard is elsewhere (behaviour ADM-3). */
    private ServedShard here(String text) {
        final UUID id = ShardAddresses.parse(text);
        return addresses.shards().stream()
                .filter(shard -> shard.id().equals(id))
                .findFirst()
                .orElseThrow(() -> notHere(id));
    }

    private static StatusRuntimeException notHere(UUID id) {
        return Status.NOT_FOUND
                .withDescription("shard " + id + " not found on this node")
                .asRuntimeException();
    }

    // ---- what only clusters have

    CompletableFuture<GetSplitStatusResponse> splitStatus(GetSplitStatusRequest request) {
        ShardAddresses.parse(request.getShardId());
        return CompletableFuture.completedFuture(GetSplitStatusResponse.getDefaultInstance());
    }

    CompletableFuture<RequestSplitResponse> requestSplit() {
        checkOperator();
        throw Status.UNIMPLEMENTED
                .withDescription("Shards of this server cannot be split yet.")
                .asRuntimeException();
    }

    CompletableFuture<ConfigureShardResponse> configureShard(ConfigureShardRequest request) {
        checkOperator();
        addresses.find(request.getShard());
        if (!request.getPlacementRing().isEmpty()) {
            throw Refusals.precondition("no member advertises placement ring '" + request.getPlacementRing()
                    + "' (advertised: none): a server without a cluster has none, allow_unpopulated_ring or not");
        }
        return CompletableFuture.completedFuture(ConfigureShardResponse.getDefaultInstance());
    }

    /** A server without a cluster holds no lease of its shards that could be released. */
    CompletableFuture<ForceReleaseShardResponse> forceRelease(ForceReleaseShardRequest request) {
        checkOperator();
        addresses.find(request.getShard());
        return CompletableFuture.completedFuture(ForceReleaseShardResponse.getDefaultInstance());
    }

    // ---- what the process is at

    CompletableFuture<DumpTasksResponse> dumpTasks() {
        checkOperator();
        final StringBuilder dump = new StringBuilder();
        final ThreadInfo[] threads = ManagementFactory.getThreadMXBean().dumpAllThreads(true, true);
        for (final ThreadInfo thread : threads) {
            dump.append('"')
                    .append(thread.getThreadName())
                    .append("\" ")
                    .append(thread.getThreadState())
                    .append('\n');
            for (final StackTraceElement frame : thread.getStackTrace()) {
                dump.append("    at ").append(frame).append('\n');
            }
        }
        return CompletableFuture.completedFuture(DumpTasksResponse.newBuilder()
                .setDump(dump.toString())
                .setTaskCount(threads.length)
                .build());
    }

    CompletableFuture<CpuProfileResponse> cpuProfile(CpuProfileRequest request) {
        checkOperator();
        final int seconds = clamped(request.getDurationSeconds(), PROFILE_S, PROFILE_S_MAX);
        final int frequency = clamped(request.getFrequency(), FREQUENCY, FREQUENCY_MAX);
        return profiler.cpu(Duration.ofSeconds(seconds), frequency, Context.current()::isCancelled)
                .thenApply(profile -> CpuProfileResponse.newBuilder()
                        .setProfileData(ByteString.copyFrom(profile.pprof()))
                        .setDurationSeconds(seconds)
                        .setSamples(profile.samples())
                        .build());
    }

    CompletableFuture<HeapProfileResponse> heapProfile(HeapProfileRequest request) {
        checkOperator();
        final int seconds = clamped(request.getDurationSeconds(), PROFILE_S, PROFILE_S_MAX);
        return profiler.heap(Duration.ofSeconds(seconds), Context.current()::isCancelled)
                .thenApply(profile -> HeapProfileResponse.newBuilder()
                        .setProfileData(ByteString.copyFrom(profile.pprof()))
                        .setDurationSeconds(seconds)
                        .build());
    }

    /** @param given unsigned; 0 = as usual. */
    private static int clamped(int given, int usual, int max) {
        return given == 0 ? usual : given < 0 ? max : Math.min(given, max);
    }

    @Override
    public void close() {
        profiler.close();
    }
}
