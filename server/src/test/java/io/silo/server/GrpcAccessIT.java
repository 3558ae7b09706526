package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.silo.grpc.v1.SiloGrpc;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every call of {@code silo.v1} and {@code silo.v2} with tokens of all kinds. A call that is not listed here fails the test. */
class GrpcAccessIT {
    private static final String TOKEN = "correct-horse-battery-staple";

    /** What a request with no field set is told by a server that takes the token. */
    private static final Map<String, Status.Code> TOLD = new TreeMap<>(Map.ofEntries(
            Map.entry("CancelJob", Status.Code.INVALID_ARGUMENT),
            Map.entry("CompactShard", Status.Code.INVALID_ARGUMENT),
            Map.entry("ConfigureShard", Status.Code.INVALID_ARGUMENT),
            Map.entry("CpuProfile", Status.Code.OK),
            Map.entry("DeleteJob", Status.Code.INVALID_ARGUMENT),
            Map.entry("DropTenantHolders", Status.Code.INVALID_ARGUMENT),
            Map.entry("DumpTasks", Status.Code.OK),
            Map.entry("Enqueue", Status.Code.INVALID_ARGUMENT),
            Map.entry("ExpediteJob", Status.Code.INVALID_ARGUMENT),
            Map.entry("FlushShard", Status.Code.INVALID_ARGUMENT),
            Map.entry("ForceReleaseShard", Status.Code.INVALID_ARGUMENT),
            Map.entry("GetClusterInfo", Status.Code.OK),
            Map.entry("GetJob", Status.Code.INVALID_ARGUMENT),
            Map.entry("GetJobResult", Status.Code.INVALID_ARGUMENT),
            Map.entry("GetNodeInfo", Status.Code.OK),
            Map.entry("GetShardStorageInfo", Status.Code.INVALID_ARGUMENT),
            Map.entry("GetSplitStatus", Status.Code.INVALID_ARGUMENT),
            Map.entry("HeapProfile", Status.Code.OK),
            Map.entry("Heartbeat", Status.Code.INVALID_ARGUMENT),
            Map.entry("ImportJobs", Status.Code.OK),
            Map.entry("LeaseTask", Status.Code.INVALID_ARGUMENT),
            Map.entry("LeaseTasks", Status.Code.INVALID_ARGUMENT),
            Map.entry("Query", Status.Code.INVALID_ARGUMENT),
            Map.entry("QueryArrow", Status.Code.INVALID_ARGUMENT),
            Map.entry("ReportOutcome", Status.Code.INVALID_ARGUMENT),
            Map.entry("ReportRefreshOutcome", Status.Code.INVALID_ARGUMENT),
            Map.entry("RequestSplit", Status.Code.UNIMPLEMENTED),
            Map.entry("ResetShards", Status.Code.OK),
            Map.entry("RestartJob", Status.Code.INVALID_ARGUMENT)));

    /** The same of {@code silo.v2}. */
    private static final Map<String, Status.Code> TOLD_V2 = new TreeMap<>(Map.ofEntries(
            Map.entry("EnqueueBatch", Status.Code.OK),
            Map.entry("FollowEvents", Status.Code.INVALID_ARGUMENT),
            Map.entry("Heartbeats", Status.Code.INVALID_ARGUMENT),
            Map.entry("LeaseTasks", Status.Code.INVALID_ARGUMENT),
            Map.entry("ReportOutcomes", Status.Code.OK),
            Map.entry("StreamTasks", Status.Code.INVALID_ARGUMENT)));

    @TempDir
    Path directory;

    /** With no field set they take 30 s; {@link GrpcOperatorsIT} has them shorter. */
    private static final Set<String> SLOW = Set.of("CpuProfile", "HeapProfile");

    /** AUTH-1. */
    @Test
    void shouldAskEachCallForItsToken() throws Exception {
        final Map<String, String> settings = Map.of("SILO_SERVER_AUTH_TOKEN", TOKEN, "SILO_SERVER_DEV_MODE", "true");
        try (GrpcFixture grpc = GrpcFixture.start(directory, settings)) {
            assertThat(told(grpc, SiloGrpc.getServiceDescriptor())).isEqualTo(TOLD);
            assertThat(told(grpc, io.silo.grpc.v2.SiloGrpc.getServiceDescriptor()))
                    .isEqualTo(TOLD_V2);
        }
    }

    /** What each call of a service says with the token; that it says nothing without is asserted on the way. */
    private static Map<String, Status.Code> told(GrpcFixture grpc, ServiceDescriptor service) {
        final Map<String, Status.Code> told = new TreeMap<>();
        for (MethodDescriptor<?, ?> method : service.getMethods()) {
            final String name = String.valueOf(method.getBareMethodName());
            assertThat(refusal(grpc.channel, method))
                    .as(name)
                    .isEqualTo(unauthenticated("missing authorization header"));
            for (String wrong :
                    List.of("", "Bearer", "Bearer ", "Bearer x", "bearer " + TOKEN, TOKEN, "Basic " + TOKEN)) {
                assertThat(refusal(with(grpc, wrong), method))
                        .as("%s with '%s'", name, wrong)
                        .isEqualTo(unauthenticated("invalid auth token"));
            }
            if (SLOW.contains(name)) {
                told.put(name, Status.Code.OK);
                continue;
            }
            final String refusal = refusal(with(grpc, "Bearer " + TOKEN), method);
            told.put(
                    name,
                    refusal == null ? Status.Code.OK : Status.Code.valueOf(refusal.substring(0, refusal.indexOf(':'))));
        }
        return told;
    }

    /** Calls about the process, and about shards as wholes, are for tokens that allow everything to all tenants. */
    @Test
    void shouldKeepTheCallsOfOperatorsFromOthers() throws Exception {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [server]
                dev_mode = true
                [[auth.tokens]]
                name = "all verbs but those of operators"
                token = "verbs"
                verbs = ["produce", "work", "read", "manage"]
                [[auth.tokens]]
                name = "all of one tenant"
                token = "tenant"
                tenant = "a"
                [[auth.tokens]]
                name = "all"
                token = "all"
                """);
        final List<String> forOperators = List.of(
                "CompactShard",
                "ConfigureShard",
                "CpuProfile",
                "DumpTasks",
                "FlushShard",
                "ForceReleaseShard",
                "GetNodeInfo",
                "GetShardStorageInfo",
                "HeapProfile",
                "RequestSplit",
                "ResetShards");
        try (GrpcFixture grpc = GrpcFixture.start(file, directory.resolve("data"))) {
            for (MethodDescriptor<?, ?> method : SiloGrpc.getServiceDescriptor().getMethods()) {
                if (forOperators.contains(method.getBareMethodName())) {
                    for (String token : List.of("verbs", "tenant")) {
                        assertThat(refusal(with(grpc, "Bearer " + token), method))
                                .as("%s with %s", method.getBareMethodName(), token)
                                .isEqualTo("PERMISSION_DENIED: this call is for tokens that allow everything");
                    }
                    if (!SLOW.contains(method.getBareMethodName())) {
                        assertThat(String.valueOf(refusal(with(grpc, "Bearer all"), method)))
                                .doesNotContain("PERMISSION_DENIED");
                    }
                }
            }
        }
    }

    /** AUTH-2. */
    @Test
    void shouldTellHealthAndItsServicesToAnybody() throws Exception {
        try (GrpcFixture grpc = GrpcFixture.start(directory, Map.of("SILO_SERVER_AUTH_TOKEN", TOKEN))) {
            for (String service : List.of(SiloGrpc.SERVICE_NAME, io.silo.grpc.v2.SiloGrpc.SERVICE_NAME)) {
                assertThat(HealthGrpc.newBlockingStub(grpc.channel)
                                .check(HealthCheckRequest.newBuilder()
                                        .setService(service)
                                        .build())
                                .getStatus()
                                .name())
                        .isEqualTo("SERVING");
            }
            final CompletableFuture<List<String>> services = new CompletableFuture<>();
            final StreamObserver<ServerReflectionRequest> asks = ServerReflectionGrpc.newStub(grpc.channel)
                    .serverReflectionInfo(new StreamObserver<>() {
                        private final List<String> names = new ArrayList<>();

                        @Override
                        public void onNext(ServerReflectionResponse response) {
                            response.getListServicesResponse().getServiceList().stream()
                                    .map(ServiceResponse::getName)
                                    .forEach(names::add);
                        }

                        @Override
                        public void onError(Throwable failed) {
                            services.completeExceptionally(failed);
                        }

                        @Override
                        public void onCompleted() {
                            services.complete(names);
                        }
                    });
            asks.onNext(
                    ServerReflectionRequest.newBuilder().setListServices("*").build());
            asks.onCompleted();
            assertThat(services.get(10, TimeUnit.SECONDS))
                    .contains(SiloGrpc.SERVICE_NAME, io.silo.grpc.v2.SiloGrpc.SERVICE_NAME);
        }
    }

    private static String unauthenticated(String sentence) {
        return Status.Code.UNAUTHENTICATED + ": " + sentence;
    }

    private static Channel with(GrpcFixture grpc, String authorization) {
        final Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return ClientInterceptors.intercept(grpc.channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** Code and sentence of what a request without a field is told; null if it is answered. */
    private static <Q, A> String refusal(Channel channel, MethodDescriptor<Q, A> method) {
        final StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingServerStreamingCall(
                                channel,
                                method,
                                CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                                method.parseRequest(InputStream.nullInputStream()))
                        .forEachRemaining(answer -> {}));
        return refused == null
                ? null
                : refused.getStatus().getCode() + ": " + refused.getStatus().getDescription();
    }
}
