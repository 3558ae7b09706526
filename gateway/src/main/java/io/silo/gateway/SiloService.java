package io.silo.gateway;

import static io.silo.gateway.Answers.answer;
import static io.silo.gateway.Answers.cannot;
import static io.silo.gateway.Answers.isPrecondition;
import static io.silo.gateway.Answers.kind;
import static io.silo.gateway.Answers.reworded;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.ArrowIpcMessage;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.CancelJobResponse;
import io.silo.grpc.v1.ClusterMember;
import io.silo.grpc.v1.CompactShardRequest;
import io.silo.grpc.v1.CompactShardResponse;
import io.silo.grpc.v1.ConfigureShardRequest;
import io.silo.grpc.v1.ConfigureShardResponse;
import io.silo.grpc.v1.CpuProfileRequest;
import io.silo.grpc.v1.CpuProfileResponse;
import io.silo.grpc.v1.DeleteJobRequest;
import io.silo.grpc.v1.DeleteJobResponse;
import io.silo.grpc.v1.DropTenantHoldersRequest;
import io.silo.grpc.v1.DropTenantHoldersResponse;
import io.silo.grpc.v1.DumpTasksRequest;
import io.silo.grpc.v1.DumpTasksResponse;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.EnqueueResponse;
import io.silo.grpc.v1.ExpediteJobRequest;
import io.silo.grpc.v1.ExpediteJobResponse;
import io.silo.grpc.v1.FlushShardRequest;
import io.silo.grpc.v1.FlushShardResponse;
import io.silo.grpc.v1.ForceReleaseShardRequest;
import io.silo.grpc.v1.ForceReleaseShardResponse;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetClusterInfoResponse;
import io.silo.grpc.v1.GetJobRequest;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.GetJobResultRequest;
import io.silo.grpc.v1.GetJobResultResponse;
import io.silo.grpc.v1.GetNodeInfoRequest;
import io.silo.grpc.v1.GetNodeInfoResponse;
import io.silo.grpc.v1.GetShardStorageInfoRequest;
import io.silo.grpc.v1.GetShardStorageInfoResponse;
import io.silo.grpc.v1.GetSplitStatusRequest;
import io.silo.grpc.v1.GetSplitStatusResponse;
import io.silo.grpc.v1.HeapProfileRequest;
import io.silo.grpc.v1.HeapProfileResponse;
import io.silo.grpc.v1.HeartbeatRequest;
import io.silo.grpc.v1.HeartbeatResponse;
import io.silo.grpc.v1.ImportJobsRequest;
import io.silo.grpc.v1.ImportJobsResponse;
import io.silo.grpc.v1.LeaseTaskRequest;
import io.silo.grpc.v1.LeaseTaskResponse;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.LeaseTasksResponse;
import io.silo.grpc.v1.QueryArrowRequest;
import io.silo.grpc.v1.QueryRequest;
import io.silo.grpc.v1.QueryResponse;
import io.silo.grpc.v1.ReportOutcomeRequest;
import io.silo.grpc.v1.ReportOutcomeResponse;
import io.silo.grpc.v1.ReportRefreshOutcomeRequest;
import io.silo.grpc.v1.ReportRefreshOutcomeResponse;
import io.silo.grpc.v1.RequestSplitRequest;
import io.silo.grpc.v1.RequestSplitResponse;
import io.silo.grpc.v1.ResetShardsRequest;
import io.silo.grpc.v1.ResetShardsResponse;
import io.silo.grpc.v1.RestartJobRequest;
import io.silo.grpc.v1.RestartJobResponse;
import io.silo.grpc.v1.ShardOwner;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The calls of {@code silo.v1}. What is not overridden here answers {@code UNIMPLEMENTED}. Called by the
 * gateway's threads; answers come from the client's.
 */
final class SiloService extends SiloGrpc.SiloImplBase {
    private final String nodeId;
    private final Supplier<String> address;
    private final ShardAddresses addresses;
    private final TaskCalls tasks;
    private final ImportCalls imports;
    private final OperatorCalls operators;
    private final QueryCalls queries;

    /** @param address of this node, as clients reach it. */
    SiloService(
            String nodeId,
            Supplier<String> address,
            ShardAddresses addresses,
            OperatorCalls operators,
            QueryCalls queries) {
        this.nodeId = nodeId;
        this.address = address;
        this.addresses = addresses;
        this.tasks = new TaskCalls(addresses);
        this.imports = new ImportCalls(addresses);
        this.operators = operators;
        this.queries = queries;
    }

    @Override
    public void getClusterInfo(GetClusterInfoRequest request, StreamObserver<GetClusterInfoResponse> observer) {
        final String here = address.get();
        final List<MappedShard> map = addresses.map();
        final GetClusterInfoResponse.Builder info = GetClusterInfoResponse.newBuilder()
                .setNumShards(map.size())
                .setThisNodeId(nodeId)
                .setThisGrpcAddr(here);
        final Map<String, String> members = new LinkedHashMap<>(Map.of(nodeId, here));
        for (final MappedShard shard : map) {
            final String address = shard.ownerNode().equals(nodeId) ? here : shard.ownerAddress();
            if (!shard.ownerNode().isEmpty()) {
                members.put(shard.ownerNode(), address);
            }
            info.addShardOwners(ShardOwner.newBuilder()
                    .setShardId(shard.id().toString())
                    .setGrpcAddr(address)
                    .setNodeId(shard.ownerNode())
                    .setRangeStart(ServedShard.rangeStart(shard.rangeFirst()))
                    .setRangeEnd(ServedShard.rangeEnd(shard.rangeLast())));
        }
        members.forEach((id, address) ->
                info.addMembers(ClusterMember.newBuilder().setNodeId(id).setGrpcAddr(address)));
        answer(observer, () -> CompletableFuture.completedFuture(info.build()));
    }

    @Override
    public void enqueue(EnqueueRequest request, StreamObserver<EnqueueResponse> observer) {
        answer(observer, () -> {
            final String tenant = addresses.tenant(request.getShard(), request.getTenant());
            final JobRequest job = Messages.job(request, tenant);
            return reworded(
                    client().enqueueAsync(job)
                            .thenApply(handle -> EnqueueResponse.newBuilder()
                                    .setId(handle.id())
                                    .build()),
                    (reason, sentence) -> reason == RejectReason.JOB_EXISTS
                            ? CompletableFuture.completedFuture("job already exists with id " + job.id())
                            : CompletableFuture.completedFuture(sentence));
        });
    }

    @Override
    public void getJob(GetJobRequest request, StreamObserver<GetJobResponse> observer) {
        answer(observer, () -> {
            final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
            return client().getJobAsync(job.tenant(), job.id(), request.getIncludeAttempts())
                    .thenApply(Messages::job);
        });
    }

    @Override
    public void getJobResult(GetJobResultRequest request, StreamObserver<GetJobResultResponse> observer) {
        answer(observer, () -> {
            final SiloClient client = client();
            final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
            return reworded(
                    client.awaitResultAsync(job.tenant(), job.id(), Duration.ZERO)
                            .thenApply(result -> Messages.result(job.id(), result)),
                    (reason, sentence) -> reason == RejectReason.JOB_NOT_COMPLETE
                            ? kind(client, job).thenApply(kind -> "job is not complete: status is " + kind)
                            : CompletableFuture.completedFuture(sentence));
        });
    }

    @Override
    public void deleteJob(DeleteJobRequest request, StreamObserver<DeleteJobResponse> observer) {
        answer(observer, () -> {
            final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
            return reworded(
                    client().deleteAsync(job.tenant(), job.id())
                            .thenApply(nothing -> DeleteJobResponse.getDefaultInstance()),
                    (reason, sentence) -> CompletableFuture.completedFuture(
                            isPrecondition(reason)
                                    ? "cannot delete job " + job.id()
                                            + ": job is currently running or has pending requests"
                                    : sentence));
        });
    }

    @Override
    public void cancelJob(CancelJobRequest request, StreamObserver<CancelJobResponse> observer) {
        answer(observer, () -> {
            final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
            return client().cancelAsync(job.tenant(), job.id())
                    .thenApply(status -> CancelJobResponse.getDefaultInstance());
        });
    }

    @Override
    public void restartJob(RestartJobRequest request, StreamObserver<RestartJobResponse> observer) {
        answer(observer, () -> {
            final SiloClient client = client();
            final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
            return reworded(
                    client.restartAsync(job.tenant(), job.id())
                            .thenApply(status -> RestartJobResponse.getDefaultInstance()),
                    (reason, sentence) -> cannot("restart", client, job, reason, sentence));
        });
    }

    @Override
    public void expediteJob(ExpediteJobRequest request, StreamObserver<ExpediteJobResponse> observer) {
        answer(observer, () -> {
            final SiloClient client = client();
            final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
            return reworded(
                    client.expediteAsync(job.tenant(), job.id())
                            .thenApply(status -> ExpediteJobResponse.getDefaultInstance()),
                    (reason, sentence) -> cannot(
                            "expedite",
                            client,
                            job,
                            reason,
                            reason == RejectReason.JOB_ALREADY_CANCELLED ? "job is cancelled" : sentence));
        });
    }

    // ---- calls of workers

    @Override
    public void leaseTasks(LeaseTasksRequest request, StreamObserver<LeaseTasksResponse> observer) {
        final SiloClient client = client();
        answer(observer, () -> tasks.leaseTasks(client, request), unheard -> tasks.giveBack(client, request, unheard));
    }

    @Override
    public void leaseTask(LeaseTaskRequest request, StreamObserver<LeaseTaskResponse> observer) {
        answer(observer, () -> tasks.leaseTask(client(), request));
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
        answer(observer, () -> tasks.heartbeat(client(), request));
    }

    @Override
    public void reportOutcome(ReportOutcomeRequest request, StreamObserver<ReportOutcomeResponse> observer) {
        answer(observer, () -> tasks.reportOutcome(client(), request));
    }

    @Override
    public void reportRefreshOutcome(
            ReportRefreshOutcomeRequest request, StreamObserver<ReportRefreshOutcomeResponse> observer) {
        answer(observer, () -> tasks.reportRefresh(client(), request));
    }

    // ---- calls of operators

    @Override
    public void importJobs(ImportJobsRequest request, StreamObserver<ImportJobsResponse> observer) {
        answer(observer, () -> imports.importJobs(client(), request));
    }

    @Override
    public void dropTenantHolders(
            DropTenantHoldersRequest request, StreamObserver<DropTenantHoldersResponse> observer) {
        answer(observer, () -> {
            final String tenant = addresses.tenant(request.getShard(), request.getTenant());
            return client().limits()
                    .dropHoldersAsync(tenant, "")
                    .thenApply(jobs -> DropTenantHoldersResponse.newBuilder()
                            .setHoldersDropped(jobs)
                            .build());
        });
    }

    @Override
    public void getNodeInfo(GetNodeInfoRequest request, StreamObserver<GetNodeInfoResponse> observer) {
        answer(observer, () -> operators.nodeInfo(client()));
    }

    @Override
    public void getSplitStatus(GetSplitStatusRequest request, StreamObserver<GetSplitStatusResponse> observer) {
        answer(observer, () -> operators.splitStatus(request));
    }

    @Override
    public void requestSplit(RequestSplitRequest request, StreamObserver<RequestSplitResponse> observer) {
        answer(observer, () -> operators.requestSplit());
    }

    @Override
    public void configureShard(ConfigureShardRequest request, StreamObserver<ConfigureShardResponse> observer) {
        answer(observer, () -> operators.configureShard(request));
    }

    @Override
    public void forceReleaseShard(
            ForceReleaseShardRequest request, StreamObserver<ForceReleaseShardResponse> observer) {
        answer(observer, () -> operators.forceRelease(request));
    }

    @Override
    public void dumpTasks(DumpTasksRequest request, StreamObserver<DumpTasksResponse> observer) {
        answer(observer, () -> operators.dumpTasks());
    }

    @Override
    public void cpuProfile(CpuProfileRequest request, StreamObserver<CpuProfileResponse> observer) {
        answer(observer, () -> operators.cpuProfile(request));
    }

    @Override
    public void heapProfile(HeapProfileRequest request, StreamObserver<HeapProfileResponse> observer) {
        answer(observer, () -> operators.heapProfile(request));
    }

    @Override
    public void flushShard(FlushShardRequest request, StreamObserver<FlushShardResponse> observer) {
        answer(observer, () -> operators.flush(client(), request));
    }

    @Override
    public void getShardStorageInfo(
            GetShardStorageInfoRequest request, StreamObserver<GetShardStorageInfoResponse> observer) {
        answer(observer, () -> operators.storage(request));
    }

    @Override
    public void query(QueryRequest request, StreamObserver<QueryResponse> observer) {
        answer(observer, () -> queries.query(client(), request));
    }

    @Override
    public void queryArrow(QueryArrowRequest request, StreamObserver<ArrowIpcMessage> observer) {
        queries.queryArrow(client(), request, (ServerCallStreamObserver<ArrowIpcMessage>) observer);
    }

    @Override
    public void compactShard(CompactShardRequest request, StreamObserver<CompactShardResponse> observer) {
        answer(observer, () -> operators.compact(request));
    }

    @Override
    public void resetShards(ResetShardsRequest request, StreamObserver<ResetShardsResponse> observer) {
        answer(observer, () -> operators.resetShards());
    }

    private static SiloClient client() {
        return TokenCheck.CLIENT.get();
    }
}
