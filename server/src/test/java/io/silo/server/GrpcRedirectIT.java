package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.stub.ClientCalls;
import io.silo.grpc.v1.ClusterMember;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.GetClusterInfoResponse;
import io.silo.grpc.v1.GetNodeInfoRequest;
import io.silo.grpc.v1.OwnedShardInfo;
import io.silo.grpc.v1.QueryRequest;
import io.silo.grpc.v1.ShardOwner;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.EnqueueResult;
import io.silo.grpc.v2.Job;
import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a call is told of a shard that is not open here (behaviour ROUTE-1, ROUTE-5, ERR-10, ERR-11, ADM-3). */
@Tag("newest-jdk")
class GrpcRedirectIT {
    private static final int SHARDS = 3;
    private static final int OTHERS = 1;
    private static final int CLOSED = 2;
    private static final NodeAddress OTHER = new NodeAddress(UUID.randomUUID(), "elsewhere.example:7450");
    private static final Metadata.Key<String> ADDRESS = key("x-silo-shard-owner-addr");
    private static final Metadata.Key<String> NODE = key("x-silo-shard-owner-node");

    /** They speak of this node: what is elsewhere is not there, and no address is told. */
    private static final Set<String> OF_THIS_NODE = Set.of("CompactShard", "FlushShard", "GetShardStorageInfo");

    /** They ask the node, and not the shard. */
    private static final Set<String> WITHOUT_SHARD =
            Set.of("ConfigureShard", "ForceReleaseShard", "GetShardStorageInfo");

    private static GrpcFixture server;
    private static List<ShardMap.Shard> shards;

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** One shard is open here, one is another node's, and the directory of one is gone. */
    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        final Map<String, String> settings =
                Map.of("SILO_SHARD_COUNT", Integer.toString(SHARDS), "SILO_SERVER_DEV_MODE", "true");
        try (GrpcFixture first = GrpcFixture.start(data, settings)) {
            assertThat(first.server.health().shards()).hasSize(SHARDS);
        }
        shards = SingleNodeAssignment.read(data.resolve(SingleNodeAssignment.NAME))
                .shards();
        final Path closed =
                data.resolve("shards").resolve(shards.get(CLOSED).id().toString());
        IoUtil.delete(closed.toFile(), false);
        server = GrpcFixture.start(
                data,
                settings,
                (directory, count, threads) ->
                        new TwoNodes(SingleNodeAssignment.open(directory, count, threads), OTHERS, OTHER));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    /** Every call of {@code silo.v1} whose request names a shard by itself. */
    static List<String> calls() {
        final List<String> names = new ArrayList<>();
        for (final MethodDescriptor<?, ?> method :
                SiloGrpc.getServiceDescriptor().getMethods()) {
            if (input(method).getDescriptorForType().findFieldByName("shard") != null) {
                names.add(method.getBareMethodName());
            }
        }
        return names;
    }

    private static DynamicMessage input(MethodDescriptor<?, ?> method) {
        final ProtoMethodDescriptorSupplier schema = (ProtoMethodDescriptorSupplier) method.getSchemaDescriptor();
        return DynamicMessage.getDefaultInstance(schema.getMethodDescriptor().getInputType());
    }

    @SuppressWarnings("unchecked") // The service's own methods take and give messages.
    private static MethodDescriptor<Message, Message> method(String name) {
        return (MethodDescriptor<Message, Message>) SiloGrpc.getServiceDescriptor().getMethods().stream()
                .filter(method -> name.equals(method.getBareMethodName()))
                .findFirst()
                .orElseThrow();
    }

    /** A request about a shard with all else that the call asks for. */
    private static Message request(MethodDescriptor<Message, Message> method, String shard, String tenant) {
        final DynamicMessage.Builder request = input(method).toBuilder();
        final Map<String, String> texts = Map.of(
                "shard",
                shard,
                "tenant",
                tenant,
                "tenant_id",
                tenant,
                "id",
                "j",
                "task_group",
                "group",
                "worker_id",
                "worker",
                "sql",
                "SELECT COUNT(*) AS n FROM jobs",
                "task_id",
                "0".repeat(15) + (method.getBareMethodName().contains("Refresh") ? "0" : "1") + "0".repeat(32));
        for (final FieldDescriptor field : request.getDescriptorForType().getFields()) {
            if (texts.containsKey(field.getName())) {
                request.setField(field, texts.get(field.getName()));
            } else if (Set.of("payload", "success").contains(field.getName())) {
                request.setField(field, DynamicMessage.getDefaultInstance(field.getMessageType()));
            } else if (field.getName().equals("max_tasks")) {
                request.setField(field, 1);
            }
        }
        return method.parseRequest(request.build().toByteString().newInput());
    }

    private static StatusRuntimeException refusal(String call, String shard, String tenant) {
        final MethodDescriptor<Message, Message> method = method(call);
        final CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
        try {
            ClientCalls.blockingServerStreamingCall(server.channel, method, options, request(method, shard, tenant))
                    .forEachRemaining(answer -> {});
        } catch (StatusRuntimeException refused) {
            return refused;
        }
        throw new AssertionError(call + " was answered");
    }

    private static void assertRefused(StatusRuntimeException refused, Status.Code code, String sentence) {
        assertThat(refused.getStatus().getCode() + ": " + refused.getStatus().getDescription())
                .isEqualTo(code + ": " + sentence);
    }

    private static String shard(int place) {
        return shards.get(place).id().toString();
    }

    /** A tenant of a shard. */
    private static String tenant(int place) {
        for (int i = 0; ; i++) {
            if (server.shardOf("t" + i).equals(shard(place))) {
                return "t" + i;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("calls")
    void shouldNameTheOwnerOfAShardThatIsElsewhere(String call) {
        final StatusRuntimeException refused = refusal(call, shard(OTHERS), tenant(OTHERS));
        final boolean isTold = !OF_THIS_NODE.contains(call);
        assertRefused(
                refused,
                Status.Code.NOT_FOUND,
                isTold ? "shard not found" : "shard " + shard(OTHERS) + " not found on this node");
        assertThat(refused.getTrailers().get(ADDRESS)).isEqualTo(isTold ? OTHER.grpcAddress() : null);
        assertThat(refused.getTrailers().get(NODE))
                .isEqualTo(isTold ? OTHER.nodeId().toString() : null);
    }

    @ParameterizedTest
    @MethodSource("calls")
    void shouldNameNobodyWhereThereIsNoSuchShard(String call) {
        final String none = UUID.randomUUID().toString();
        final StatusRuntimeException refused = refusal(call, none, "t0");
        assertRefused(
                refused,
                Status.Code.NOT_FOUND,
                OF_THIS_NODE.contains(call) ? "shard " + none + " not found on this node" : "shard not found");
        assertThat(refused.getTrailers().containsKey(ADDRESS)).isFalse();
        assertThat(refused.getTrailers().containsKey(NODE)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("calls")
    void shouldSayThatAnOwnShardIsNotReady(String call) {
        if (WITHOUT_SHARD.contains(call)) {
            return;
        }
        final StatusRuntimeException refused = refusal(call, shard(CLOSED), tenant(CLOSED));
        if (OF_THIS_NODE.contains(call)) {
            assertRefused(refused, Status.Code.NOT_FOUND, "shard " + shard(CLOSED) + " not found on this node");
        } else {
            assertRefused(refused, Status.Code.UNAVAILABLE, "shard not ready: acquisition in progress");
        }
        assertThat(refused.getTrailers().containsKey(ADDRESS)).isFalse();
        assertThat(refused.getTrailers().containsKey(NODE)).isFalse();
    }

    @Test
    void shouldTellAllShardsAndTheirOwners() {
        final GetClusterInfoResponse info = server.silo.getClusterInfo(GetClusterInfoRequest.getDefaultInstance());
        final String here = server.server.grpcAddress().toString();
        assertThat(info.getNumShards()).isEqualTo(SHARDS);
        assertThat(info.getThisGrpcAddr()).isEqualTo(here);
        final String node = info.getThisNodeId();
        assertThat(info.getShardOwnersList())
                .extracting(ShardOwner::getShardId, ShardOwner::getNodeId, ShardOwner::getGrpcAddr)
                .containsExactly(
                        tuple(shard(0), node, here),
                        tuple(shard(OTHERS), OTHER.nodeId().toString(), OTHER.grpcAddress()),
                        tuple(shard(CLOSED), node, here));
        assertThat(info.getShardOwners(0).getRangeStart()).isEmpty();
        assertThat(info.getShardOwners(0).getRangeEnd())
                .isEqualTo(info.getShardOwners(1).getRangeStart());
        assertThat(info.getShardOwners(2).getRangeEnd()).isEmpty();
        assertThat(info.getMembersList())
                .extracting(ClusterMember::getNodeId, ClusterMember::getGrpcAddr)
                .containsExactlyInAnyOrder(
                        tuple(node, here), tuple(OTHER.nodeId().toString(), OTHER.grpcAddress()));
    }

    /** The rest is served as ever, and what is another node's is not counted as its own. */
    @Test
    void shouldServeItsOwnShards() {
        final String tenant = tenant(0);
        server.silo.enqueue(server.job(tenant, "own").build());
        assertThat(server.get(tenant, "own").getId()).isEqualTo("own");
        assertThat(server.silo
                        .query(QueryRequest.newBuilder()
                                .setShard(shard(0))
                                .setTenant(tenant)
                                .setSql("SELECT id FROM jobs")
                                .build())
                        .getRowCount())
                .isEqualTo(1);
        assertThat(server.silo
                        .getNodeInfo(GetNodeInfoRequest.getDefaultInstance())
                        .getOwnedShardsList())
                .extracting(OwnedShardInfo::getShardId)
                .containsExactly(shard(0), shard(CLOSED));
        assertThat(server.server.health().shards()).hasSize(2);
    }

    /** A batch names no shard: each job is told by itself. */
    @Test
    void shouldRefuseTheJobsOfABatchWhoseShardIsElsewhere() {
        final EnqueueBatchRequest.Builder batch = EnqueueBatchRequest.newBuilder();
        for (int place = 0; place < SHARDS; place++) {
            batch.addJobs(Job.newBuilder()
                    .setTenant(tenant(place))
                    .setId("batch")
                    .setTaskGroup("group")
                    .setPayload(GrpcFixture.bytes("in")));
        }
        assertThat(io.silo.grpc.v2.SiloGrpc.newBlockingStub(server.channel)
                        .enqueueBatch(batch.build())
                        .getResultsList())
                .extracting(
                        EnqueueResult::hasRefusal, result -> result.getRefusal().getMessage())
                .containsExactly(
                        tuple(false, ""),
                        tuple(true, "shard not found"),
                        tuple(true, "shard not ready: acquisition in progress"));
    }
}
