package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetJobRequest;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.grpc.v1.ShardOwner;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.protocol.Xxh64;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.config.ConfigLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** A whole server on free ports and a client of its {@code silo.v1}, made from the proto file. */
final class GrpcFixture implements AutoCloseable {
    private static final int MESSAGE_BYTES_MAX = 128 << 20;
    private static final long CALL_S_MAX = 60;

    final SiloServer server;
    final ManagedChannel channel;
    final SiloGrpc.SiloBlockingStub silo;

    private GrpcFixture(
            @Nullable Path file, Path data, Map<String, String> settings, SiloServer.Assignments assignments)
            throws IOException {
        final Map<String, String> all = new HashMap<>(TestPorts.free());
        all.putAll(settings);
        server = SiloServer.start(ConfigLoader.load(file, all, Map.of("database.path", data.toString())), assignments);
        channel = ManagedChannelBuilder.forAddress(
                        server.grpcAddress().host(), server.grpcAddress().port())
                .usePlaintext()
                .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                .build();
        silo = SiloGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_S_MAX, TimeUnit.SECONDS);
    }

    /** @param settings environment variables. */
    static GrpcFixture start(Path data, Map<String, String> settings) throws IOException {
        return start(data, settings, SingleNodeAssignment::open);
    }

    /** The same as a node of whatever {@code assignments} knows. */
    static GrpcFixture start(Path data, Map<String, String> settings, SiloServer.Assignments assignments)
            throws IOException {
        return new GrpcFixture(null, data, settings, assignments);
    }

    /** The same with a configuration file. */
    static GrpcFixture start(Path file, Path data) throws IOException {
        return new GrpcFixture(file, data, Map.of(), SingleNodeAssignment::open);
    }

    /** The same client, with a header for its token. */
    SiloGrpc.SiloBlockingStub withToken(String token) {
        return silo.withInterceptors(bearer(token));
    }

    /** Calls over a channel with a header for their token. */
    static Channel withToken(Channel channel, String token) {
        return ClientInterceptors.intercept(channel, bearer(token));
    }

    private static ClientInterceptor bearer(String token) {
        final Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    /** The shard of a tenant, by the map that clients get. */
    String shardOf(String tenant) {
        return shardOf(silo, tenant);
    }

    static String shardOf(SiloGrpc.SiloBlockingStub silo, String tenant) {
        final byte[] bytes = tenant.getBytes(StandardCharsets.UTF_8);
        final String hash = String.format("%016x", Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length));
        for (final ShardOwner shard :
                silo.getClusterInfo(GetClusterInfoRequest.getDefaultInstance()).getShardOwnersList()) {
            if (hash.compareTo(shard.getRangeStart()) >= 0
                    && (shard.getRangeEnd().isEmpty() || hash.compareTo(shard.getRangeEnd()) < 0)) {
                return shard.getShardId();
            }
        }
        throw new AssertionError("no shard holds " + tenant);
    }

    /** A job of a tenant with the text as its payload, which is no MessagePack: the server does not look into it. */
    EnqueueRequest.Builder job(String tenant, String id) {
        return EnqueueRequest.newBuilder()
                .setShard(shardOf(tenant))
                .setTenant(tenant)
                .setId(id)
                .setTaskGroup("group")
                .setPayload(bytes("in"));
    }

    GetJobResponse get(String tenant, String id) {
        return silo.getJob(GetJobRequest.newBuilder()
                .setShard(shardOf(tenant))
                .setTenant(tenant)
                .setId(id)
                .setIncludeAttempts(true)
                .build());
    }

    static SerializedBytes bytes(String text) {
        return SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFromUtf8(text))
                .build();
    }

    /** Has the one answer of a call, or its refusal, complete a future. */
    static <A> StreamObserver<A> into(CompletableFuture<A> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(A value) {
                answer.complete(value);
            }

            @Override
            public void onError(Throwable refused) {
                answer.completeExceptionally(refused);
            }

            @Override
            public void onCompleted() {}
        };
    }

    static void assertRefused(ThrowingCallable call, Status.Code code, String sentence) {
        final StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refused).as("a refusal").isNotNull();
        assertThat(refused.getStatus().getCode() + ": " + refused.getStatus().getDescription())
                .isEqualTo(code + ": " + sentence);
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        server.close();
    }
}
