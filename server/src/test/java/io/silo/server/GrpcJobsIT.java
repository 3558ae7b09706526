package io.silo.server;

import static io.silo.server.GrpcFixture.into;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.grpc.v1.AttemptStatus;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.ConcurrencyLimit;
import io.silo.grpc.v1.DeleteJobRequest;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.EnqueueResponse;
import io.silo.grpc.v1.ExpediteJobRequest;
import io.silo.grpc.v1.FloatingConcurrencyLimit;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetClusterInfoResponse;
import io.silo.grpc.v1.GetJobRequest;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.GetJobResultRequest;
import io.silo.grpc.v1.GetJobResultResponse;
import io.silo.grpc.v1.GubernatorAlgorithm;
import io.silo.grpc.v1.GubernatorRateLimit;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v1.Limit;
import io.silo.grpc.v1.RateLimitRetryPolicy;
import io.silo.grpc.v1.RestartJobRequest;
import io.silo.grpc.v1.RetryPolicy;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.grpc.v1.ShardOwner;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.server.config.ConfigLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of {@code silo.v1} about jobs, by a client made from the proto file, against a whole server. Ids are those of the specification. */
class GrpcJobsIT {
    private static final String TENANT = "ada";

    @TempDir
    Path directory;

    private final Map<String, String> settings = new HashMap<>();
    private SiloServer server;
    private ManagedChannel channel;
    private SiloGrpc.SiloBlockingStub silo;
    private String shard;

    @BeforeEach
    void choosePorts() throws IOException {
        settings.putAll(TestPorts.free());
    }

    private void start() throws IOException {
        server = SiloServer.start(ConfigLoader.load(
                null,
                settings,
                Map.of("database.path", directory.resolve("data").toString())));
        channel = ManagedChannelBuilder.forAddress(
                        server.grpcAddress().host(), server.grpcAddress().port())
                .usePlaintext()
                .maxInboundMessageSize(128 << 20)
                .build();
        silo = SiloGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private void startAndRoute() throws IOException {
        start();
        shard = shardOf(TENANT);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (channel != null) {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
        if (server != null) {
            server.close();
        }
    }

    /** Calls of two connections at once, as many as each may have, are twice what the gateway's client has room for. */
    @Test
    void shouldAnswerMoreCallsAtOnceThanItsClientHasRoomFor() throws Exception {
        startAndRoute();
        final ManagedChannel second = ManagedChannelBuilder.forAddress(
                        server.grpcAddress().host(), server.grpcAddress().port())
                .usePlaintext()
                .build();
        try {
            final List<SiloGrpc.SiloStub> stubs = List.of(SiloGrpc.newStub(channel), SiloGrpc.newStub(second));
            final List<CompletableFuture<EnqueueResponse>> answers = new ArrayList<>();
            for (int i = 0; i < 4_000; i++) {
                final CompletableFuture<EnqueueResponse> answer = new CompletableFuture<>();
                stubs.get(i % 2)
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .enqueue(
                                EnqueueRequest.newBuilder()
                                        .setShard(shard)
                                        .setTenant(TENANT)
                                        .setTaskGroup("group")
                                        .setId("job" + i)
                                        .setPayload(bytes("in"))
                                        .build(),
                                into(answer));
                answers.add(answer);
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get(60, TimeUnit.SECONDS).getId()).isEqualTo("job" + i);
            }
        } finally {
            second.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldCarryAJobFromEnqueueToResult() throws Exception {
        startAndRoute();
        final EnqueueRequest request = fullRequest();
        assertThat(silo.enqueue(request).getId()).isEqualTo("full");

        final GetJobResponse waiting = get("full", true);
        assertThat(waiting.getPriority()).isEqualTo(7);
        assertThat(waiting.getPayload()).isEqualTo(bytes("in"));
        assertThat(waiting.getMetadataMap()).containsExactly(Map.entry("k", "v"));
        assertThat(waiting.getRetryPolicy()).isEqualTo(request.getRetryPolicy());
        assertThat(waiting.getLimitsList()).isEqualTo(request.getLimitsList().subList(0, 3));
        assertThat(waiting.getStatus()).isEqualTo(JobStatus.JOB_STATUS_SCHEDULED);
        assertThat(waiting.hasNextAttemptStartsAfterMs()).isTrue();
        assertThat(waiting.getTaskGroup()).isEqualTo("group");
        assertThat(waiting.getAttemptsList()).isEmpty();
        assertRefused(
                () -> result("full"), Status.Code.FAILED_PRECONDITION, "job is not complete: status is Scheduled");

        try (SiloClient client = client();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("group")
                        .handler(task -> task.attempt() == 1
                                ? TaskResult.fail(
                                        "E1", io.silo.client.Payload.msgpack("why".getBytes(StandardCharsets.UTF_8)))
                                : TaskResult.success(task.payload()))
                        .start()) {
            assertThat(worker).isNotNull();
            client.awaitResult(TENANT, "full", Duration.ofSeconds(20));
        }
        final GetJobResponse done = get("full", true);
        assertThat(done.getStatus()).isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
        assertThat(done.getResult()).isEqualTo(bytes("in"));
        assertThat(done.hasNextAttemptStartsAfterMs()).isFalse();
        assertThat(done.getAttemptsList())
                .extracting(attempt -> attempt.getAttemptNumber() + " " + attempt.getStatus())
                .containsExactly(
                        "1 " + AttemptStatus.ATTEMPT_STATUS_FAILED, "2 " + AttemptStatus.ATTEMPT_STATUS_SUCCEEDED);
        assertThat(done.getAttempts(0).getErrorCode()).isEqualTo("E1");
        assertThat(done.getAttempts(0).getErrorData()).isEqualTo(bytes("why"));
        assertThat(done.getAttempts(1).getResult()).isEqualTo(bytes("in"));
        assertThat(get("full", false).getAttemptsList()).isEmpty();
        final GetJobResultResponse result = result("full");
        assertThat(result.getSuccessData()).isEqualTo(bytes("in"));
        assertThat(result.getStatus()).isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
        assertRefused(
                () -> restart("full"),
                Status.Code.FAILED_PRECONDITION,
                "cannot restart job full: job already succeeded (status: Succeeded)");
        assertRefused(() -> cancel("full"), Status.Code.FAILED_PRECONDITION, "job is already in terminal state");
        delete("full");
        assertRefused(() -> get("full", false), Status.Code.NOT_FOUND, "job not found");
    }

    @Test
    void shouldChangeJobsAndSayWhyNot() throws Exception {
        startAndRoute();
        final long later = System.currentTimeMillis() + 3_600_000;
        silo.enqueue(enqueue("future").setStartAtMs(later).build());
        assertThat(get("future", false).getNextAttemptStartsAfterMs()).isEqualTo(later);
        assertRefused(
                () -> restart("future"),
                Status.Code.FAILED_PRECONDITION,
                "cannot restart job future: job is still in progress (status: Scheduled)");
        assertRefused(
                () -> delete("future"),
                Status.Code.FAILED_PRECONDITION,
                "cannot delete job future: job is currently running or has pending requests");
        expedite("future");
        assertRefused(
                () -> expedite("future"),
                Status.Code.FAILED_PRECONDITION,
                "cannot expedite job future: task is already ready to run (not future-scheduled) (status: Scheduled)");
        cancel("future");
        assertRefused(() -> cancel("future"), Status.Code.FAILED_PRECONDITION, "job is already cancelled");
        assertRefused(
                () -> expedite("future"),
                Status.Code.FAILED_PRECONDITION,
                "cannot expedite job future: job is cancelled (status: Cancelled)");
        final GetJobResultResponse cancelled = result("future");
        assertThat(cancelled.getStatus()).isEqualTo(JobStatus.JOB_STATUS_CANCELLED);
        assertThat(cancelled.getCancelled().getCancelledAtMs()).isPositive();
        restart("future");
        assertThat(get("future", false).getStatus()).isEqualTo(JobStatus.JOB_STATUS_SCHEDULED);
        delete("never there");
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> cancel("none"), () -> restart("none"), () -> expedite("none"), () -> result("none"))) {
            assertRefused(call, Status.Code.NOT_FOUND, "job not found");
        }
    }

    @Test
    void shouldRefuseWhatIsWrong() throws Exception {
        startAndRoute();
        final String generated = silo.enqueue(enqueue("").build()).getId();
        assertThat(UUID.fromString(generated).version()).isEqualTo(4);
        assertRefused(
                () -> silo.enqueue(enqueue(generated).build()),
                Status.Code.ALREADY_EXISTS,
                "job already exists with id " + generated);
        assertRefused(
                () -> silo.enqueue(enqueue("p").setPriority(100).build()),
                Status.Code.INVALID_ARGUMENT,
                "priority must be between 0 and 99");
        assertRefused(
                () -> silo.enqueue(enqueue("p").setPriority(-1).build()),
                Status.Code.INVALID_ARGUMENT,
                "priority must be between 0 and 99");
        assertRefused(
                () -> silo.enqueue(enqueue("g").setTaskGroup("").build()),
                Status.Code.INVALID_ARGUMENT,
                "task_group is required");
        assertRefused(
                () -> silo.enqueue(enqueue("g").setTaskGroup("x".repeat(65)).build()),
                Status.Code.INVALID_ARGUMENT,
                "task_group too long (must be <= 64 chars)");
        final Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 17; i++) {
            many.put("k" + i, "v");
        }
        assertRefused(
                () -> silo.enqueue(enqueue("m").putAllMetadata(many).build()),
                Status.Code.INVALID_ARGUMENT,
                "metadata has too many entries (max 16)");
        assertRefused(
                () -> silo.enqueue(enqueue("s").setShard("nonsense").build()),
                Status.Code.INVALID_ARGUMENT,
                "invalid shard ID: nonsense");
        assertRefused(
                () -> silo.enqueue(
                        enqueue("s").setShard(new UUID(1, 2).toString()).build()),
                Status.Code.NOT_FOUND,
                "shard not found");
        final ShardOwner other = info().getShardOwnersList().stream()
                .filter(owner -> !owner.getShardId().equals(shard))
                .findFirst()
                .orElseThrow();
        final StatusRuntimeException elsewhere = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> silo.enqueue(enqueue("s").setShard(other.getShardId()).build()));
        assertThat(elsewhere.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(elsewhere.getStatus().getDescription())
                .startsWith("tenant 'ada' is not within shard " + other.getShardId() + " range [")
                .endsWith("; refresh topology and retry");
        // Without a tenant any shard will do: clients choose one at will.
        silo.enqueue(
                enqueue("anywhere").clearTenant().setShard(other.getShardId()).build());
        assertThat(silo.getJob(GetJobRequest.newBuilder()
                                .setShard(shard)
                                .setId("anywhere")
                                .build())
                        .getId())
                .isEqualTo("anywhere");
    }

    /** Whatever a caller sends, it is told what is wrong with it: never that something went wrong here. */
    @Test
    void shouldNeverBlameItselfForNonsense() throws Exception {
        startAndRoute();
        int refused = 0;
        for (long extreme : new long[] {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE}) {
            final int small = (int) Math.max(Integer.MIN_VALUE, Math.min(extreme, Integer.MAX_VALUE));
            for (double factor : new double[] {Double.NaN, Double.NEGATIVE_INFINITY, -1, 0, Double.MAX_VALUE}) {
                final RetryPolicy retry = RetryPolicy.newBuilder()
                        .setRetryCount(small)
                        .setInitialIntervalMs(extreme)
                        .setMaxIntervalMs(extreme)
                        .setBackoffFactor(factor)
                        .build();
                final GubernatorRateLimit.Builder rate = GubernatorRateLimit.newBuilder()
                        .setName("n")
                        .setUniqueKey(extreme == 0 ? "" : "u")
                        .setLimit(extreme)
                        .setDurationMs(extreme)
                        .setHits(small)
                        .setAlgorithmValue(small)
                        .setBehavior(small)
                        .setRetryPolicy(RateLimitRetryPolicy.newBuilder()
                                .setInitialBackoffMs(extreme)
                                .setMaxBackoffMs(extreme)
                                .setBackoffMultiplier(factor)
                                .setMaxRetries(small));
                final FloatingConcurrencyLimit.Builder floating = FloatingConcurrencyLimit.newBuilder()
                        .setKey("f")
                        .setDefaultMaxConcurrency(small)
                        .setRefreshIntervalMs(extreme);
                for (EnqueueRequest.Builder request : List.of(
                        enqueue("").setStartAtMs(extreme),
                        enqueue("").setPriority(small),
                        enqueue("").setRetryPolicy(retry),
                        enqueue("").addLimits(Limit.newBuilder().setRateLimit(rate)),
                        enqueue("").addLimits(Limit.newBuilder().setFloatingConcurrency(floating)),
                        enqueue("")
                                .addLimits(Limit.newBuilder()
                                        .setConcurrency(
                                                ConcurrencyLimit.newBuilder().setMaxConcurrency(small))))) {
                    refused += isRefused(() -> silo.enqueue(request.build())) ? 1 : 0;
                }
            }
        }
        for (String text : List.of("", "\u0000", "x".repeat(1_000), "x".repeat(100_000), "\n")) {
            refused += isRefused(() -> get(text, true)) ? 1 : 0;
            refused += isRefused(() -> result(text)) ? 1 : 0;
            refused += isRefused(() -> cancel(text)) ? 1 : 0;
            refused += isRefused(() ->
                            silo.enqueue(enqueue(text).setId(text + "\u0000").build()))
                    ? 1
                    : 0;
            refused +=
                    isRefused(() -> silo.enqueue(enqueue("").setTaskGroup(text).build())) ? 1 : 0;
        }
        assertRefused(
                () -> silo.enqueue(enqueue("").setShard("1-1-1-1-1").build()),
                Status.Code.INVALID_ARGUMENT,
                "invalid shard ID: 1-1-1-1-1");
        assertThat(refused).isGreaterThan(80);
    }

    private static boolean isRefused(ThrowingCallable call) {
        final StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
        if (refused != null) {
            assertThat(refused.getStatus().getCode())
                    .as("%s", refused)
                    .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND);
        }
        return refused != null;
    }

    @Test
    void shouldCarryFiveMegabytesInOneCall() throws Exception {
        startAndRoute();
        final byte[] large = new byte[5 * 1024 * 1024];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31);
        }
        final SerializedBytes payload = SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFrom(large))
                .build();
        silo.withCompression("gzip")
                .enqueue(enqueue("large").setPayload(payload).build());
        assertThat(get("large", false).getPayload()).isEqualTo(payload);
    }

    @Test
    void shouldTakeATokenOrRefuse() throws Exception {
        settings.put("SILO_SERVER_AUTH_TOKEN", "secret");
        start();
        final var request = GetClusterInfoRequest.getDefaultInstance();
        assertRefused(() -> silo.getClusterInfo(request), Status.Code.UNAUTHENTICATED, "missing authorization header");
        for (String wrong : List.of("Bearer wrong", "secret", "bearer secret", "Bearer secret ", "Bearer ")) {
            assertRefused(
                    () -> SiloGrpc.newBlockingStub(with(wrong)).getClusterInfo(request),
                    Status.Code.UNAUTHENTICATED,
                    "invalid auth token");
        }
        silo = SiloGrpc.newBlockingStub(with("Bearer secret"));
        shard = shardOf(TENANT);
        silo.enqueue(enqueue("with token").build());
        assertThat(get("with token", false).getId()).isEqualTo("with token");
        assertThat(HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.newBuilder()
                                .setService(SiloGrpc.SERVICE_NAME)
                                .build())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void shouldKeepTenantsOutWhereThereAreNone() throws Exception {
        settings.put("SILO_TENANCY_MODE", "off");
        startAndRoute();
        assertRefused(
                () -> silo.enqueue(enqueue("t").build()),
                Status.Code.FAILED_PRECONDITION,
                "tenant must not be provided when tenancy is disabled on the server");
        silo.enqueue(enqueue("t").clearTenant().build());
    }

    @Test
    void shouldTellWhereShardsAre() throws Exception {
        startAndRoute();
        final GetClusterInfoResponse info = info();
        assertThat(info.getNumShards()).isEqualTo(4);
        assertThat(info.getThisGrpcAddr()).isEqualTo(server.grpcAddress().toString());
        assertThat(info.getMembersList()).hasSize(1);
        assertThat(info.getShardOwnersList())
                .extracting(ShardOwner::getRangeStart)
                .containsExactly("", "4000000000000000", "8000000000000000", "c000000000000000");
        assertThat(info.getShardOwnersList())
                .extracting(ShardOwner::getRangeEnd)
                .containsExactly("4000000000000000", "8000000000000000", "c000000000000000", "");
        assertThat(info.getShardOwnersList())
                .allSatisfy(owner -> assertThat(owner.getGrpcAddr()).isEqualTo(info.getThisGrpcAddr()));
    }

    // ---- helpers

    private Channel with(String authorization) {
        final Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private SiloClient client() {
        return SiloClient.builder().dataDirectory(directory.resolve("data")).build();
    }

    private GetClusterInfoResponse info() {
        return silo.getClusterInfo(GetClusterInfoRequest.getDefaultInstance());
    }

    /** As clients do it: the hash's sixteen digits against the ranges. */
    private String shardOf(String tenant) {
        final byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
        final String hash = String.format(
                "%016x", io.silo.protocol.Xxh64.hash(new org.agrona.concurrent.UnsafeBuffer(name), 0, name.length));
        return info().getShardOwnersList().stream()
                .filter(owner -> owner.getRangeStart().compareTo(hash) <= 0
                        && (owner.getRangeEnd().isEmpty() || hash.compareTo(owner.getRangeEnd()) < 0))
                .findFirst()
                .orElseThrow()
                .getShardId();
    }

    /** Everything that a request may say; the last limit is none. */
    private EnqueueRequest fullRequest() {
        return enqueue("full")
                .setPriority(7)
                .setPayload(bytes("in"))
                .putMetadata("k", "v")
                .setRetryPolicy(RetryPolicy.newBuilder()
                        .setRetryCount(2)
                        .setInitialIntervalMs(1)
                        .setMaxIntervalMs(1_000)
                        .setBackoffFactor(2.5)
                        .setRandomizeInterval(true))
                .addLimits(Limit.newBuilder()
                        .setConcurrency(
                                ConcurrencyLimit.newBuilder().setKey("c").setMaxConcurrency(3)))
                .addLimits(Limit.newBuilder()
                        .setFloatingConcurrency(FloatingConcurrencyLimit.newBuilder()
                                .setKey("f")
                                .setDefaultMaxConcurrency(4)
                                .setRefreshIntervalMs(60_000)
                                .putMetadata("a", "b")))
                .addLimits(Limit.newBuilder()
                        .setRateLimit(GubernatorRateLimit.newBuilder()
                                .setName("n")
                                .setUniqueKey("u")
                                .setLimit(100)
                                .setDurationMs(1_000)
                                .setHits(1)
                                .setAlgorithm(GubernatorAlgorithm.GUBERNATOR_ALGORITHM_LEAKY_BUCKET)
                                .setBehavior(8)
                                .setRetryPolicy(RateLimitRetryPolicy.newBuilder()
                                        .setInitialBackoffMs(10)
                                        .setMaxBackoffMs(20)
                                        .setBackoffMultiplier(3)
                                        .setMaxRetries(5))))
                .addLimits(Limit.getDefaultInstance())
                .build();
    }

    private EnqueueRequest.Builder enqueue(String id) {
        return EnqueueRequest.newBuilder()
                .setShard(shard)
                .setTenant(TENANT)
                .setId(id)
                .setTaskGroup("group");
    }

    private GetJobResponse get(String id, boolean includeAttempts) {
        return silo.getJob(GetJobRequest.newBuilder()
                .setShard(shard)
                .setTenant(TENANT)
                .setId(id)
                .setIncludeAttempts(includeAttempts)
                .build());
    }

    private GetJobResultResponse result(String id) {
        return silo.getJobResult(GetJobResultRequest.newBuilder()
                .setShard(shard)
                .setTenant(TENANT)
                .setId(id)
                .build());
    }

    private void cancel(String id) {
        assertThat(silo.cancelJob(CancelJobRequest.newBuilder()
                        .setShard(shard)
                        .setTenant(TENANT)
                        .setId(id)
                        .build()))
                .isNotNull();
    }

    private void restart(String id) {
        assertThat(silo.restartJob(RestartJobRequest.newBuilder()
                        .setShard(shard)
                        .setTenant(TENANT)
                        .setId(id)
                        .build()))
                .isNotNull();
    }

    private void expedite(String id) {
        assertThat(silo.expediteJob(ExpediteJobRequest.newBuilder()
                        .setShard(shard)
                        .setTenant(TENANT)
                        .setId(id)
                        .build()))
                .isNotNull();
    }

    private void delete(String id) {
        assertThat(silo.deleteJob(DeleteJobRequest.newBuilder()
                        .setShard(shard)
                        .setTenant(TENANT)
                        .setId(id)
                        .build()))
                .isNotNull();
    }

    private static SerializedBytes bytes(String text) {
        return SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFromUtf8(text))
                .build();
    }

    private static void assertRefused(ThrowingCallable call, Status.Code code, String sentence) {
        final StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refused).as(sentence).isNotNull();
        assertThat(refused.getStatus().getCode()).as("%s", refused).isEqualTo(code);
        assertThat(refused.getStatus().getDescription()).isEqualTo(sentence);
    }
}
