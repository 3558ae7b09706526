package io.silo.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.silo.grpc.v1.SiloGrpc;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Every call of the services that are served, and which thread handles it. A call that is not listed here fails the test: it may be
 * handled where it is read if it waits for nothing, however much a caller sends.
 */
class CallExecutorsTest {
    private static final List<ServiceDescriptor> SERVICES = List.of(
            SiloGrpc.getServiceDescriptor(),
            io.silo.grpc.v2.SiloGrpc.getServiceDescriptor(),
            HealthGrpc.getServiceDescriptor(),
            ProtoReflectionServiceV1.newInstance().bindService().getServiceDescriptor());

    private enum Side {
        /** By the thread that reads the connection. */
        WHERE_IT_IS_READ,
        /** By one of the gateway's own threads. */
        GATEWAY
    }

    private static final Map<String, Side> HANDLED = new TreeMap<>(Map.ofEntries(
            Map.entry("silo.v1.Silo/CancelJob", Side.GATEWAY),
            Map.entry("silo.v1.Silo/CompactShard", Side.GATEWAY),
            Map.entry("silo.v1.Silo/ConfigureShard", Side.GATEWAY),
            Map.entry("silo.v1.Silo/CpuProfile", Side.GATEWAY),
            Map.entry("silo.v1.Silo/DeleteJob", Side.GATEWAY),
            Map.entry("silo.v1.Silo/DropTenantHolders", Side.GATEWAY),
            Map.entry("silo.v1.Silo/DumpTasks", Side.GATEWAY),
            Map.entry("silo.v1.Silo/Enqueue", Side.WHERE_IT_IS_READ),
            Map.entry("silo.v1.Silo/ExpediteJob", Side.GATEWAY),
            Map.entry("silo.v1.Silo/FlushShard", Side.GATEWAY),
            Map.entry("silo.v1.Silo/ForceReleaseShard", Side.GATEWAY),
            Map.entry("silo.v1.Silo/GetClusterInfo", Side.GATEWAY),
            Map.entry("silo.v1.Silo/GetJob", Side.GATEWAY),
            Map.entry("silo.v1.Silo/GetJobResult", Side.GATEWAY),
            Map.entry("silo.v1.Silo/GetNodeInfo", Side.GATEWAY),
            Map.entry("silo.v1.Silo/GetShardStorageInfo", Side.GATEWAY),
            Map.entry("silo.v1.Silo/GetSplitStatus", Side.GATEWAY),
            Map.entry("silo.v1.Silo/HeapProfile", Side.GATEWAY),
            Map.entry("silo.v1.Silo/Heartbeat", Side.WHERE_IT_IS_READ),
            Map.entry("silo.v1.Silo/ImportJobs", Side.GATEWAY),
            Map.entry("silo.v1.Silo/LeaseTask", Side.GATEWAY),
            Map.entry("silo.v1.Silo/LeaseTasks", Side.WHERE_IT_IS_READ),
            Map.entry("silo.v1.Silo/Query", Side.GATEWAY),
            Map.entry("silo.v1.Silo/QueryArrow", Side.GATEWAY),
            Map.entry("silo.v1.Silo/ReportOutcome", Side.WHERE_IT_IS_READ),
            Map.entry("silo.v1.Silo/ReportRefreshOutcome", Side.GATEWAY),
            Map.entry("silo.v1.Silo/RequestSplit", Side.GATEWAY),
            Map.entry("silo.v1.Silo/ResetShards", Side.GATEWAY),
            Map.entry("silo.v1.Silo/RestartJob", Side.GATEWAY),
            Map.entry("silo.v2.Silo/EnqueueBatch", Side.GATEWAY),
            Map.entry("silo.v2.Silo/FollowEvents", Side.GATEWAY),
            Map.entry("silo.v2.Silo/Heartbeats", Side.GATEWAY),
            Map.entry("silo.v2.Silo/LeaseTasks", Side.GATEWAY),
            Map.entry("silo.v2.Silo/ReportOutcomes", Side.GATEWAY),
            Map.entry("silo.v2.Silo/StreamTasks", Side.GATEWAY),
            Map.entry("grpc.health.v1.Health/Check", Side.WHERE_IT_IS_READ),
            Map.entry("grpc.health.v1.Health/Watch", Side.GATEWAY),
            Map.entry("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Side.GATEWAY)));

    @Test
    void shouldHandleEachCallOnTheSideThatIsListed() {
        final Executor threads = task -> {}; // what they are given is not run here
        final CallExecutors executors = new CallExecutors(threads);
        final Map<String, Side> handled = new TreeMap<>();
        for (ServiceDescriptor service : SERVICES) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                final AtomicBoolean ran = new AtomicBoolean();
                executors.of(method).execute(() -> ran.set(true));
                handled.put(method.getFullMethodName(), ran.get() ? Side.WHERE_IT_IS_READ : Side.GATEWAY);
            }
        }
        assertThat(handled).isEqualTo(HANDLED);
    }
}
