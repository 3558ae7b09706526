package io.silo.gateway;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.health.v1.HealthGrpc;
import io.silo.grpc.v1.SiloGrpc;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Which calls are handled by the thread that reads their connection, and which by the gateway's own: frequent calls are spared the
 * change of threads. Any thread.
 */
final class CallExecutors implements ServerCallExecutorSupplier {
    /** Calls that come by the thousand and wait for nothing: the client does not (see {@code SiloClientBuilder.nonBlocking}). */
    private static final Set<String> FREQUENT = Set.of(
            SiloGrpc.getEnqueueMethod().getFullMethodName(),
            SiloGrpc.getLeaseTasksMethod().getFullMethodName(),
            SiloGrpc.getHeartbeatMethod().getFullMethodName(),
            SiloGrpc.getReportOutcomeMethod().getFullMethodName());

    /** Calls that are not to wait behind others, or a probe would take a busy server for a dead one. */
    private static final Set<String> PROBES = Set.of(HealthGrpc.getCheckMethod().getFullMethodName());

    private final Executor threads;

    /** @param threads of all other calls. */
    CallExecutors(Executor threads) {
        this.threads = threads;
    }

    @Override
    public <Q, A> Executor getExecutor(ServerCall<Q, A> call, Metadata headers) {
        return of(call.getMethodDescriptor());
    }

    Executor of(MethodDescriptor<?, ?> method) {
        final String name = method.getFullMethodName();
        return FREQUENT.contains(name) || PROBES.contains(name) ? Runnable::run : threads;
    }
}
