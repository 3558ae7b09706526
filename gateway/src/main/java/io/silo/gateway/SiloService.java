package io.silo.gateway;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.silo.client.Job;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.CancelJobResponse;
import io.silo.grpc.v1.ClusterMember;
import io.silo.grpc.v1.DeleteJobRequest;
import io.silo.grpc.v1.DeleteJobResponse;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.EnqueueResponse;
import io.silo.grpc.v1.ExpediteJobRequest;
import io.silo.grpc.v1.ExpediteJobResponse;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetClusterInfoResponse;
import io.silo.grpc.v1.GetJobRequest;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.GetJobResultRequest;
import io.silo.grpc.v1.GetJobResultResponse;
import io.silo.grpc.v1.RestartJobRequest;
import io.silo.grpc.v1.RestartJobResponse;
import io.silo.grpc.v1.ShardOwner;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * The calls of {@code silo.v1} about jobs and where they are. What is not overridden here answers {@code UNIMPLEMENTED}. Called by the
 * gateway's threads; answers come from the client's.
 */
final class SiloService extends SiloGrpc.SiloImplBase {
    private final String nodeId;
    private final Supplier<String> address;
    private final ShardAddresses addresses;

    /** @param address of this node, as clients reach it. */
    SiloService(String nodeId, Supplier<String> address, ShardAddresses addresses) {
        this.nodeId = nodeId;
        this.address = address;
        this.addresses = addresses;
    }

    @Override
    public void getClusterInfo(GetClusterInfoRequest request, StreamObserver<GetClusterInfoResponse> observer) {
        final String here = address.get();
        final GetClusterInfoResponse.Builder info = GetClusterInfoResponse.newBuilder()
                .setNumShards(addresses.shards().size())
                .setThisNodeId(nodeId)
                .setThisGrpcAddr(here)
                .addMembers(ClusterMember.newBuilder().setNodeId(nodeId).setGrpcAddr(here));
        for (final ServedShard shard : addresses.shards()) {
            info.addShardOwners(ShardOwner.newBuilder()
                    .setShardId(shard.id().toString())
                    .setGrpcAddr(here)
                    .setNodeId(nodeId)
                    .setRangeStart(shard.rangeStart())
                    .setRangeEnd(shard.rangeEnd()));
        }
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

    private static CompletableFuture<String> cannot(
            String verb, SiloClient client, JobRef job, RejectReason reason, String sentence) {
        return isPrecondition(reason)
                ? kind(client, job)
                        .thenApply(kind ->
                                "cannot " + verb + " job " + job.id() + ": " + sentence + " (status: " + kind + ")")
                : CompletableFuture.completedFuture(sentence);
    }

    private static boolean isPrecondition(RejectReason reason) {
        return reason.grpcCode().equals(Status.Code.FAILED_PRECONDITION.name());
    }

    /** The status that a refusal speaks of: read behind it, so a job that goes on meanwhile is named as it is now. */
    private static CompletableFuture<String> kind(SiloClient client, JobRef job) {
        return client.getJobAsync(job.tenant(), job.id(), false).thenApply(SiloService::kind);
    }

    private static String kind(Job job) {
        final String name = job.status().name();
        return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
    }

    /**
     * As {@code call}, but a refusal by a shard says what {@code words} makes of its reason and sentence. Where they cannot be had (the
     * caller may not read the job) it says its own.
     */
    private static <A> CompletableFuture<A> reworded(
            CompletableFuture<A> call, BiFunction<RejectReason, String, CompletableFuture<String>> words) {
        return call.exceptionallyCompose(failed -> {
            final RejectReason reason = Refusals.reason(failed);
            if (reason == null) {
                return CompletableFuture.failedFuture(failed);
            }
            final Status status = Refusals.of(failed).getStatus();
            final String own = String.valueOf(status.getDescription());
            return words.apply(reason, own)
                    .exceptionally(unread -> own)
                    .thenCompose(sentence -> CompletableFuture.failedFuture(status.withDescription(sentence)
                            .asRuntimeException(Refusals.of(failed).getTrailers())));
        });
    }

    private static SiloClient client() {
        return TokenCheck.CLIENT.get();
    }

    private static <A> void answer(StreamObserver<A> observer, Supplier<CompletableFuture<A>> call) {
        if (observer instanceof ServerCallStreamObserver<A> cancellable) {
            // Else an answer to a caller who has gone would be thrown back at the client's thread.
            cancellable.setOnCancelHandler(() -> {});
        }
        CompletableFuture<A> answer;
        try {
            answer = call.get();
        } catch (RuntimeException refused) {
            answer = CompletableFuture.failedFuture(refused);
        }
        var unused = answer.whenComplete((value, failed) -> {
            if (failed == null) {
                observer.onNext(value);
                observer.onCompleted();
            } else {
                observer.onError(Refusals.of(failed));
            }
        });
    }
}
