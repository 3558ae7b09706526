package io.silo.server;

import static io.silo.server.GrpcFixture.bytes;
import static io.silo.server.GrpcFixture.into;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetClusterInfoResponse;
import io.silo.grpc.v1.GetJobRequest;
import io.silo.grpc.v1.HeartbeatRequest;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.ReportOutcomeRequest;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.grpc.v1.Task;
import io.silo.server.assignment.SingleNodeAssignment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered while all threads that the gateway has for calls are held: by calls that ask who owns the shards. */
@Tag("newest-jdk")
class GrpcThreadsIT {
    private static final String TENANT = "ada";

    /** Calls that hold a thread each. Has the gateway more threads, the call behind them is answered and the test says so. */
    private static final int HOLDING = 64;

    private static final long SOON_S = 1;

    /** Without a thread it would take for ever; a second is usual for a probe, and this leaves room for a busy machine. */
    private static final long ANSWERED_S_MAX = 5;

    @TempDir
    Path directory;

    private final AtomicReference<HeldAssignment> assignment = new AtomicReference<>();
    private final List<CompletableFuture<GetClusterInfoResponse>> holding = new ArrayList<>();
    private GrpcFixture grpc;
    private String shard;

    @BeforeEach
    void holdAllThreads() throws Exception {
        grpc = GrpcFixture.start(directory, Map.of("SILO_SHARD_COUNT", "1"), (data, shards, threads) -> {
            assignment.set(new HeldAssignment(SingleNodeAssignment.open(data, shards, threads)));
            return assignment.get();
        });
        shard = grpc.shardOf(TENANT);
        assignment.get().hold();
        for (int i = 0; i < HOLDING; i++) {
            final CompletableFuture<GetClusterInfoResponse> answer = new CompletableFuture<>();
            SiloGrpc.newStub(grpc.channel).getClusterInfo(GetClusterInfoRequest.getDefaultInstance(), into(answer));
            holding.add(answer);
        }
        assertThat(assignment.get().awaitAsked(10)).isTrue();
        final StatusRuntimeException late =
                catchThrowableOfType(StatusRuntimeException.class, () -> getJob(SOON_S, "none"));
        assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @AfterEach
    void stop() throws InterruptedException {
        assignment.get().release();
        grpc.close();
    }

    private SiloGrpc.SiloBlockingStub within(long seconds) {
        return SiloGrpc.newBlockingStub(grpc.channel).withDeadlineAfter(seconds, TimeUnit.SECONDS);
    }

    private JobStatus getJob(long seconds, String id) {
        return within(seconds)
                .getJob(GetJobRequest.newBuilder()
                        .setShard(shard)
                        .setTenant(TENANT)
                        .setId(id)
                        .build())
                .getStatus();
    }

    @Test
    void shouldTellProbesOfItsHealth() throws Exception {
        final ManagedChannel probe = ManagedChannelBuilder.forAddress(
                        grpc.server.grpcAddress().host(),
                        grpc.server.grpcAddress().port())
                .usePlaintext()
                .build();
        try {
            for (final ManagedChannel channel : List.of(probe, grpc.channel)) {
                assertThat(HealthGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(ANSWERED_S_MAX, TimeUnit.SECONDS)
                                .check(HealthCheckRequest.newBuilder()
                                        .setService(SiloGrpc.SERVICE_NAME)
                                        .build())
                                .getStatus())
                        .isEqualTo(ServingStatus.SERVING);
            }
        } finally {
            probe.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
        assertThat(holding).noneMatch(CompletableFuture::isDone);
    }

    @Test
    void shouldCarryAJobFromEnqueueToOutcome() throws Exception {
        within(ANSWERED_S_MAX)
                .enqueue(EnqueueRequest.newBuilder()
                        .setShard(shard)
                        .setTenant(TENANT)
                        .setId("j")
                        .setTaskGroup("group")
                        .setPayload(bytes("in"))
                        .build());
        final Task task = within(ANSWERED_S_MAX)
                .leaseTasks(LeaseTasksRequest.newBuilder()
                        .setWorkerId("w")
                        .setTaskGroup("group")
                        .setMaxTasks(1)
                        .build())
                .getTasks(0);
        within(ANSWERED_S_MAX)
                .heartbeat(HeartbeatRequest.newBuilder()
                        .setShard(shard)
                        .setTenantId(TENANT)
                        .setWorkerId("w")
                        .setTaskId(task.getId())
                        .build());
        within(ANSWERED_S_MAX)
                .reportOutcome(ReportOutcomeRequest.newBuilder()
                        .setShard(shard)
                        .setTenantId(TENANT)
                        .setTaskId(task.getId())
                        .setSuccess(bytes("out"))
                        .build());
        assertThat(holding).noneMatch(CompletableFuture::isDone);

        // The others were only kept waiting.
        assignment.get().release();
        for (final CompletableFuture<GetClusterInfoResponse> answer : holding) {
            assertThat(answer.get(10, TimeUnit.SECONDS).getNumShards()).isEqualTo(1);
        }
        assertThat(getJob(10, "j")).isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
    }
}
