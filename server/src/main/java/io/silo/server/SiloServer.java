package io.silo.server;

import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silo.client.SiloClient;
import io.silo.client.SiloClientBuilder;
import io.silo.gateway.GatewayContext;
import io.silo.gateway.GrpcGateway;
import io.silo.gateway.GrpcTls;
import io.silo.gateway.ListenAddress;
import io.silo.gateway.MappedShard;
import io.silo.gateway.QueryLimits;
import io.silo.gateway.ServedNode;
import io.silo.gateway.Tenancy;
import io.silo.log.FailPoint;
import io.silo.log.FaultPlan;
import io.silo.server.assignment.NodeAddress;
import io.silo.server.assignment.ShardAssignment;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.config.HostPort;
import io.silo.server.config.ServerConfig;
import io.silo.server.config.Setting;
import io.silo.server.config.Settings;
import io.silo.server.data.DataDirectory;
import io.silo.server.data.ServerFile;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import io.silo.server.gubernator.GubernatorClient;
import io.silo.server.metrics.BaselineMeasurement;
import io.silo.server.metrics.HealthReport;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.server.metrics.OperationsEndpoint;
import io.silo.server.metrics.ShardMetricsCollector;
import io.silo.shard.Shard;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server: data directory, shards on their threads, media driver, metrics. Started and closed by one thread; everything a
 * start has opened is closed again when it fails.
 *
 * <p>Order of a start: lock of the data directory, ports, Gubernator, media driver, logs, shards, threads, {@code server.json}. Order of a
 * stop: no more commands, what is decided becomes durable and is answered, logs closed, {@code server.json} gone, driver gone,
 * lock given back. A crash between any two leaves a directory that the next start opens.
 */
public final class SiloServer implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(SiloServer.class);

    /** Time for clients to read the last replies before their streams are gone. */
    private static final long LINGER_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ServerConfig config;
    private final Assignments assignments;
    private final FaultPlan faults = FailPoint.of(System.getenv());
    private final long startedNs = System.nanoTime();
    private volatile @Nullable NodeShards shards;
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private @Nullable DataDirectory directory;
    private @Nullable AeronConnection aeron;
    private @Nullable OperationsEndpoint endpoint;
    private @Nullable GrpcGateway gateway;
    private @Nullable GubernatorClient gubernator;
    private volatile boolean stopping;
    private boolean closed;

    /** Makes what decides who owns which shard; for the lock of its data directory. */
    @FunctionalInterface
    interface Assignments {
        ShardAssignment open(DataDirectory directory, int shardCount, int threads);
    }

    private SiloServer(ServerConfig config, Assignments assignments) {
        this.config = config;
        this.assignments = assignments;
    }

    /**
     * Starts a server; on return calls are answered.
     *
     * @throws ServerException if it cannot start; nothing is left open then.
     */
    public static SiloServer start(ServerConfig config) {
        return start(config, SingleNodeAssignment::open);
    }

    /** The same as a node of whatever {@code assignments} knows. */
    static SiloServer start(ServerConfig config, Assignments assignments) {
        final SiloServer server = new SiloServer(config, assignments);
        boolean started = false;
        try {
            server.open();
            started = true;
            return server;
        } catch (RuntimeException | Error failed) {
            final ServerException refusal = ThreadLimit.refusalOf(failed);
            if (refusal == null) {
                throw failed;
            }
            throw refusal;
        } finally {
            if (!started) {
                server.close();
            }
        }
    }

    private void open() {
        config.warnings().forEach(LOGGER::warn);
        if (config.value(Settings.DEV_MODE)) {
            LOGGER.warn("server.dev_mode is set: who may do everything may delete everything (ResetShards).");
        }
        FileLimit.check(config.intValue(Settings.SHARD_COUNT));
        if (!faults.equals(FaultPlan.NONE)) {
            LOGGER.warn("{} is set: this server kills itself at {}.", FailPoint.VARIABLE, faults);
        }
        checkAccess(Settings.GRPC_ADDRESS);
        checkAccess(Settings.AERON_ADDRESS);
        checkAccess(Settings.AERON_CONTROL_ADDRESS);
        final DataDirectory data = DataDirectory.open(config.dataDirectory());
        directory = data;
        data.removeServerFile(); // of a server that was killed
        checkFree(Settings.AERON_ADDRESS);
        checkFree(Settings.AERON_CONTROL_ADDRESS);
        checkListens(Settings.GRPC_ADDRESS);
        final String rateAddress = config.value(Settings.GUBERNATOR_ADDRESS);
        if (!rateAddress.isEmpty()) {
            gubernator =
                    GubernatorClient.connect(HostPort.parse(rateAddress), config.value(Settings.GUBERNATOR_TIMEOUT_MS));
        }
        final ShardAssignment assignment =
                assignments.open(data, config.intValue(Settings.SHARD_COUNT), config.intValue(Settings.SHARD_THREADS));
        final BaselineMeasurement baseline = new BaselineMeasurement(data.path(), this::recordsAppended);
        // Before the logs are replayed: /healthz tells a long start from a dead one.
        if (config.value(Settings.METRICS_ENABLED)) {
            endpoint = new OperationsEndpoint(config.value(Settings.METRICS_ADDRESS), registry, this::health, baseline);
        }
        final AeronConnection connection = new AeronConnection(data.path(), config.value(Settings.AERON_DIRECTORY));
        aeron = connection;
        final NodeShards opened = new NodeShards(
                config, new ShardOpening(config, data, assignment, faults), connection, gubernator, faults);
        shards = opened;
        opened.open();
        registerMetrics(opened);
        opened.start();
        data.writeServerFile(serverFile(connection));
        gateway = startGateway(data, opened, assignment);
        faults.at("server.ready");
    }

    // ---- access and ports
    // -----------------------------------------------------------------------------------------------

    private void checkAccess(Setting<HostPort> setting) {
        final HostPort address = config.value(setting);
        if (config.tokens().isEmpty() && !address.isLoopback()) {
            throw new ServerException(
                    ServerErrorCode.TOKENS_REQUIRED,
                    setting.name() + " = " + address + " can be reached by other machines, and no token is configured.",
                    "Set SILO_SERVER_AUTH_TOKEN or [[auth.tokens]], or listen on 127.0.0.1.");
        }
    }

    /** Aeron opens some of its sockets late and reports them to a log; a taken port is to be found now. */
    private static void checkFree(ServerConfig config, Setting<HostPort> setting) {
        final HostPort address = config.value(setting);
        try (DatagramSocket probe = new DatagramSocket(null)) {
            probe.setReuseAddress(false);
            probe.bind(new InetSocketAddress(address.host(), address.port()));
        } catch (IOException | IllegalArgumentException taken) {
            throw new ServerException(
                    ServerErrorCode.ADDRESS_IN_USE,
                    "The UDP address " + address + " of " + setting.name() + " cannot be used: " + taken.getMessage()
                            + ".",
                    "Stop what listens there, or set " + setting.name() + " to another port.",
                    taken);
        }
    }

    private void checkFree(Setting<HostPort> setting) {
        checkFree(config, setting);
    }

    /** It is listened on last, when the logs are replayed: that it is taken is to be found before. */
    private void checkListens(Setting<HostPort> setting) {
        final HostPort address = config.value(setting);
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(address.host(), address.port()));
        } catch (IOException | IllegalArgumentException taken) {
            throw addressInUse(setting, taken);
        }
    }

    private ServerException addressInUse(Setting<HostPort> setting, Exception taken) {
        return new ServerException(
                ServerErrorCode.ADDRESS_IN_USE,
                "The TCP address " + config.value(setting) + " of " + setting.name() + " cannot be used: "
                        + taken.getMessage() + ".",
                "Stop what listens there, or set " + setting.name() + " to another port.",
                taken);
    }

    private GrpcGateway startGateway(DataDirectory data, NodeShards opened, ShardAssignment assignment) {
        final HostPort address = config.value(Settings.GRPC_ADDRESS);
        final AdvertisedAddress advertised = AdvertisedAddress.of(config);
        try {
            final GrpcGateway started = GrpcGateway.start(new GatewayContext(
                    new ListenAddress(address.host(), address.port(), advertised::of, tls()),
                    new ServedNode(
                            data.identity().nodeId().toString(),
                            opened.served(),
                            () -> mapped(assignment),
                            config.value(Settings.DEV_MODE) ? opened::resetLater : null),
                    Tenancy.valueOf(config.value(Settings.TENANCY_MODE).name()),
                    queryLimits(),
                    config.tokens(),
                    token -> connect(data, token)));
            if (advertised.isGuessed()) {
                LOGGER.warn(
                        "server.grpc_addr = {} is every address of this machine: clients are told to call {}."
                                + " If that is not how they reach it, set server.advertised_grpc_addr.",
                        address,
                        started.address());
            }
            return started;
        } catch (UncheckedIOException taken) {
            throw addressInUse(Settings.GRPC_ADDRESS, taken);
        } catch (GrpcTls.Unusable unusable) {
            throw new ServerException(
                    ServerErrorCode.TLS_UNUSABLE,
                    String.valueOf(unusable.getMessage()),
                    "Correct server.grpc_tls_cert, server.grpc_tls_key and server.grpc_tls_client_ca, or leave them out.",
                    unusable);
        }
    }

    private static List<MappedShard> mapped(ShardAssignment assignment) {
        final List<MappedShard> mapped = new ArrayList<>();
        for (final ShardMap.Shard shard : assignment.shardMap().shards()) {
            final NodeAddress owner = assignment.owner(shard.id());
            mapped.add(new MappedShard(
                    shard.id(),
                    shard.rangeFirst(),
                    shard.rangeLast(),
                    owner == null ? "" : owner.nodeId().toString(),
                    owner == null ? "" : owner.grpcAddress()));
        }
        return mapped;
    }

    private QueryLimits queryLimits() {
        return new QueryLimits(
                config.value(Settings.STATEMENT_TIMEOUT_MS),
                config.intValue(Settings.STATEMENTS_MAX),
                config.value(Settings.RESULT_BYTES_MAX),
                config.value(Settings.STATEMENT_BYTES_MAX),
                config.value(Settings.SLOW_QUERY_LOG_MS));
    }

    private @Nullable GrpcTls tls() {
        final String certificates = config.value(Settings.GRPC_TLS_CERT);
        final String key = config.value(Settings.GRPC_TLS_KEY);
        final String authorities = config.value(Settings.GRPC_TLS_CLIENT_CA);
        if (certificates.isEmpty() && key.isEmpty() && authorities.isEmpty()) {
            return null;
        }
        if (certificates.isEmpty() || key.isEmpty()) {
            // With half of it calls would come in the clear, which nobody meant.
            throw new ServerException(
                    ServerErrorCode.TLS_UNUSABLE,
                    "Expected both server.grpc_tls_cert and server.grpc_tls_key, but one is missing.",
                    "Set both, or none of the settings of TLS.");
        }
        return new GrpcTls(Path.of(certificates), Path.of(key), authorities.isEmpty() ? null : Path.of(authorities));
    }

    /** A client as any other, over shared memory. What is refused with BUSY the caller repeats, who is told when. */
    private static SiloClient connect(DataDirectory data, String token) {
        final SiloClientBuilder builder = SiloClient.builder()
                .dataDirectory(data.path())
                .clientName("silo-grpc")
                .nonBlocking(true)
                .repeatBusy(false);
        return token.isEmpty() ? builder.build() : builder.token(token).build();
    }

    // ---- what is shown
    // ------------------------------------------------------------------------------------------------------

    private void registerMetrics(NodeShards opened) {
        registry.register(new ShardMetricsCollector(this::counters, opened.ingressCounters(), this::shardsServed));
        JvmMetrics.builder().register(registry);
    }

    private Map<String, ShardCounters> counters() {
        final Map<String, ShardCounters> counters = new LinkedHashMap<>();
        for (ShardSlot slot : slots()) {
            final Shard shard = slot.shard();
            if (shard != null) {
                counters.put(Integer.toString(slot.index()), shard.counters());
            }
        }
        return counters;
    }

    /** Empty until the logs are judged. Any thread. */
    private List<ShardSlot> slots() {
        final NodeShards opened = shards;
        return opened == null ? List.of() : opened.slots();
    }

    private int threadCount() {
        final NodeShards opened = shards;
        return opened == null ? 0 : opened.threadCount();
    }

    private int shardsServed() {
        return (int) slots().stream()
                .filter(slot -> slot.state() == ShardState.SERVING)
                .count();
    }

    private long recordsAppended() {
        long sum = 0;
        for (ShardSlot slot : slots()) {
            final Shard shard = slot.shard();
            sum += shard == null ? 0 : shard.counters().get(Figure.RECORDS_APPENDED);
        }
        return sum;
    }

    /** How the server is. Any thread. */
    public HealthReport health() {
        return new HealthReport(
                ServerVersion.current(),
                stopping,
                slots().stream().map(ShardSlot::health).toList());
    }

    private ServerFile serverFile(AeronConnection connection) {
        final OperationsEndpoint http = endpoint;
        return new ServerFile(
                ProcessHandle.current().pid(),
                ServerFile.processStartMs(),
                ServerVersion.current(),
                connection.aeronDirectory(),
                config.value(Settings.AERON_ADDRESS).toString(),
                config.value(Settings.AERON_CONTROL_ADDRESS).toString(),
                http == null ? "" : http.address().toString(),
                threadCount());
    }

    /** What a person wants to know of a server that has just started; the last line begins with {@code ready}. */
    public List<String> banner() {
        final OperationsEndpoint http = endpoint;
        final AeronConnection connection = aeron;
        final NodeShards opened = shards;
        final List<String> lines = new ArrayList<>();
        lines.add("silo " + ServerVersion.current());
        lines.add("  data        " + config.dataDirectory());
        lines.add("  durability  durable unless a call asks for appended");
        lines.add(String.format(
                Locale.ROOT,
                "  shards      %d of %d on %d thread%s, %,d events replayed",
                shardsServed(),
                slots().size(),
                threadCount(),
                threadCount() == 1 ? "" : "s",
                opened == null ? 0 : opened.eventsReplayed()));
        lines.add("  grpc        " + grpcAddress() + advertised());
        lines.add("  aeron       udp " + config.value(Settings.AERON_ADDRESS) + ", control "
                + config.value(Settings.AERON_CONTROL_ADDRESS) + ", ipc "
                + (connection == null ? "" : connection.aeronDirectory()));
        lines.add("  http        " + (http == null ? "off" : "http://" + http.address() + "/metrics and /healthz"));
        final int tokens = config.tokens().size();
        lines.add("  access      "
                + (tokens == 0 ? "open, on this machine only" : tokens + " token" + (tokens == 1 ? "" : "s")));
        lines.add(String.format(Locale.ROOT, "ready in %.1f s", (System.nanoTime() - startedNs) / 1e9));
        return lines;
    }

    /** What clients are told, if it is anything else than where gRPC is spoken. */
    private String advertised() {
        final GrpcGateway open = gateway;
        return open == null || open.address().equals(grpcAddress().toString())
                ? ""
                : ", told to clients as " + open.address();
    }

    /** Where gRPC is spoken, with the port that was chosen if 0 was asked for. */
    public HostPort grpcAddress() {
        final GrpcGateway open = gateway;
        final HostPort configured = config.value(Settings.GRPC_ADDRESS);
        return open == null ? configured : new HostPort(configured.host(), open.port());
    }

    /** The server's own description, as {@code server.json} has it. */
    public ServerFile address() {
        final AeronConnection connection = aeron;
        if (connection == null) {
            throw new IllegalStateException("the server is not open");
        }
        return serverFile(connection);
    }

    // ---- the end
    // ------------------------------------------------------------------------------------------------------------

    /** Stops in order: within {@code server.shutdown_timeout_ms} for the shards, then the rest. Idempotent; the owner's thread. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        stopping = true;
        faults.at("server.stopping");
        if (gateway != null) {
            gateway.close();
        }
        final long deadlineNs =
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(config.value(Settings.SHUTDOWN_TIMEOUT_MS));
        final NodeShards opened = shards;
        final boolean inTime = opened == null || opened.stop(deadlineNs);
        if (!inTime) {
            LOGGER.error(
                    "The shards did not stop in {} ms; the next start replays their logs as after a crash. [{}]",
                    config.value(Settings.SHUTDOWN_TIMEOUT_MS),
                    ServerErrorCode.SHUTDOWN_TIMEOUT.page());
        }
        if (gubernator != null) {
            gubernator.close();
        }
        faults.at("server.stopped");
        final DataDirectory data = directory;
        if (data != null) {
            data.removeServerFile();
        }
        if (opened != null) {
            LockSupport.parkNanos(threadCount() == 0 ? 0 : LINGER_NS);
            opened.close();
        }
        if (aeron != null) {
            aeron.close();
        }
        if (endpoint != null) {
            endpoint.close();
        }
        // The registries of a process are kept for ever by those who measure its JVM, and what is registered with them.
        registry.clear();
        if (data != null && inTime) {
            data.close(); // not while a shard may still write
        }
    }

    /** For tests: see {@link AeronConnection#loseDriver}. */
    void loseDriver() {
        final AeronConnection connection = aeron;
        if (connection != null) {
            connection.loseDriver();
        }
    }

    /** Whether the last {@link #close} ended in its time. */
    public boolean isStoppedInOrder() {
        return closed && slots().stream().allMatch(slot -> slot.state() == ShardState.CLOSED);
    }
}
