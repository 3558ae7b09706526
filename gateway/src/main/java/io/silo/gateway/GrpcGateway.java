package io.silo.gateway;

import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.silo.grpc.v1.SiloGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Serves {@code silo.v1}, {@code silo.v2}, health and reflection over gRPC, by the Java client. Any thread. */
public final class GrpcGateway implements AutoCloseable {
    /** Both ways, as clients of this interface expect it (behaviour NET-1). */
    private static final int MESSAGE_BYTES_MAX = 128 << 20;

    private static final int STREAM_WINDOW_BYTES = 2 << 20;

    /** Calls of one connection under way; more wait in the client's own library. */
    private static final int CALLS_MAX = 1_000;

    /** Clients ping each ten seconds, calls or none. */
    private static final long PING_INTERVAL_MIN_S = 5;

    /**
     * A connection that says nothing for ten seconds is asked whether it is there, and cut ten seconds later: tasks that are pushed to a
     * worker whose machine is gone would be nobody's, and each lease that runs out counts against its job.
     */
    private static final long KEEPALIVE_S = 10;

    /** Threads of the calls that are not {@linkplain CallExecutors frequent}; what waits for them is bounded by the calls of the connections. */
    private static final int THREADS = 4;

    /** Calls under way are let finish so long (behaviour NET-4). */
    private static final long DRAIN_MS = 5_000;

    private final TokenCheck tokens;
    private final OperatorCalls operators;
    private final QueryCalls queries;
    private final IntFunction<String> told;
    private final HealthStatusManager health = new HealthStatusManager();
    private final ThreadPoolExecutor executor = new ThreadPoolExecutor(
            THREADS, THREADS, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> new Thread(task, "silo-grpc"));
    private final SiloV2Service batches;
    private final Server server;

    private GrpcGateway(GatewayContext context) throws IOException {
        tokens = new TokenCheck(context.tokens(), context.connect());
        final ShardAddresses addresses = new ShardAddresses(context.node(), context.tenancy());
        operators = new OperatorCalls(context.node(), addresses);
        queries = new QueryCalls(addresses, context.queries());
        final SiloService service = new SiloService(context.node().id(), this::address, addresses, operators, queries);
        batches = new SiloV2Service(addresses);
        final GrpcTls tls = context.address().tls();
        told = context.address().told();
        final InetSocketAddress bound = new InetSocketAddress(
                context.address().host(), context.address().port());
        server = (tls == null ? NettyServerBuilder.forAddress(bound) : tls.serverAt(bound))
                .directExecutor()
                .callExecutor(new CallExecutors(executor))
                .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                .flowControlWindow(STREAM_WINDOW_BYTES)
                .maxConcurrentCallsPerConnection(CALLS_MAX)
                .keepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_S, TimeUnit.SECONDS)
                .permitKeepAliveTime(PING_INTERVAL_MIN_S, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(ServerInterceptors.intercept(service, tokens))
                .addService(ServerInterceptors.intercept(batches, tokens))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
        boolean isStarted = false;
        try {
            // Behind all else that can be refused: its threads would keep a process that does not start.
            executor.prestartAllCoreThreads();
            server.start();
            isStarted = true;
        } finally {
            if (!isStarted) {
                executor.shutdown();
                queries.close();
            }
        }
        queries.warmUpLater();
        health.setStatus(SiloGrpc.SERVICE_NAME, ServingStatus.SERVING);
        health.setStatus(io.silo.grpc.v2.SiloGrpc.SERVICE_NAME, ServingStatus.SERVING);
    }

    /**
     * Starts to serve.
     *
     * @throws UncheckedIOException if the address cannot be listened on.
     * @throws GrpcTls.Unusable if its certificates cannot be used.
     */
    public static GrpcGateway start(GatewayContext context) {
        try {
            return new GrpcGateway(context);
        } catch (IOException taken) {
            throw new UncheckedIOException(taken);
        }
    }

    /** Where clients are told to call, as host:port. */
    public String address() {
        return told.apply(port());
    }

    /** Port that is listened on. */
    public int port() {
        return server.getPort();
    }

    /** Takes no more calls, ends those that wait for tasks, lets others finish for five seconds, then ends them. Idempotent. */
    @Override
    public void close() {
        health.enterTerminalState();
        server.shutdown();
        batches.stopWaiting();
        try {
            if (!server.awaitTermination(DRAIN_MS, TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException interrupted) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        executor.shutdown();
        operators.close();
        queries.close();
        tokens.close();
    }
}
