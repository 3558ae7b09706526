package io.silo.server;

import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silo.client.SiloClient;
import io.silo.client.SiloClientBuilder;
import io.silo.gateway.GatewayContext;
import io.silo.gateway.GrpcGateway;
import io.silo.gateway.GrpcTls;
import io.silo.gateway.ServedShard;
import io.silo.gateway.Tenancy;
import io.silo.log.FailPoint;
import io.silo.log.FaultPlan;
import io.silo.protocol.Bounds;
import io.silo.protocol.CommandSource;
import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.ShardRoute;
import io.silo.protocol.session.TokenTable;
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
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardListener;
import io.silo.shard.ThreadBounds;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.transport.AeronIngress;
import io.silo.transport.IngressContext;
import io.silo.transport.IngressCounters;
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
import org.agrona.concurrent.Agent;
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
    private final FaultPlan faults = FailPoint.of(System.getenv());
    private final long startedNs = System.nanoTime();
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final List<AeronIngress> ingresses = new ArrayList<>();
    private final List<ColdReadThread> coldReads = new ArrayList<>();
    private final List<ShardThread> threads = new ArrayList<>();
    private List<ShardSlot> slots = List.of();
    private List<ShardRoute> routes = List.of();
    private @Nullable DataDirectory directory;
    private @Nullable AeronConnection aeron;
    private @Nullable OperationsEndpoint endpoint;
    private @Nullable GrpcGateway gateway;
    private @Nullable GubernatorClient gubernator;
    private long eventsReplayed;
    private volatile boolean stopping;
    private boolean closed;

    private SiloServer(ServerConfig config) {
        this.config = config;
    }

    /**
     * Starts a server; on return calls are answered.
     *
     * @throws ServerException if it cannot start; nothing is left open then.
     */
    public static SiloServer start(ServerConfig config) {
        final SiloServer server = new SiloServer(config);
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
        final SingleNodeAssignment assignment = SingleNodeAssignment.open(
                data, config.intValue(Settings.SHARD_COUNT), config.intValue(Settings.SHARD_THREADS));
        final BaselineMeasurement baseline = new BaselineMeasurement(data.path(), this::recordsAppended);
        // Before the logs are replayed: /healthz tells a long start from a dead one.
        if (config.value(Settings.METRICS_ENABLED)) {
            endpoint = new OperationsEndpoint(config.value(Settings.METRICS_ADDRESS), registry, this::health, baseline);
        }
        final AeronConnection connection = new AeronConnection(data.path(), config.value(Settings.AERON_DIRECTORY));
        aeron = connection;
        final ShardOpening opening = new ShardOpening(config, data, assignment, faults);
        slots = opening.judge();
        place();
        openThreads(opening, connection);
        registerMetrics();
        threads.forEach(ShardThread::start);
        data.writeServerFile(serverFile(connection));
        gateway = startGateway(data);
        faults.at("server.ready");
    }

    /** Healthy shards get dense numbers, neighbours on one thread; quarantined ones come behind them. */
    private void place() {
        final List<ShardSlot> healthy =
                slots.stream().filter(slot -> slot.log() != null).toList();
        final int threadCount = threadCount(healthy.size());
        int number = 0;
        for (ShardSlot slot : healthy) {
            slot.place(number, (int) ((long) number * threadCount / healthy.size()));
            number++;
        }
        for (ShardSlot slot : slots) {
            if (slot.log() == null) {
                slot.place(number++, 0);
            }
        }
    }

    private int threadCount(int healthy) {
        return Math.max(1, Math.min(config.intValue(Settings.SHARD_THREADS), healthy));
    }

    private void openThreads(ShardOpening opening, AeronConnection connection) {
        final int healthy =
                (int) slots.stream().filter(slot -> slot.log() != null).count();
        final int count = threadCount(healthy);
        final ShardListener listener = listener();
        for (int thread = 0; thread < count; thread++) {
            final AeronIngress ingress =
                    new AeronIngress(connection.aeron(), ingressContext(thread).standstills(connection.pulse()));
            ingresses.add(ingress);
            final ColdReadThread reads = new ColdReadThread(String.format(Locale.ROOT, "silo-read-%03d", thread));
            coldReads.add(reads);
            for (ShardSlot slot : slots) {
                if (slot.log() != null && slot.thread() == thread) {
                    reads.add(slot.number(), slot.log());
                    opening.make(slot, ingress.replySink(), reads, rateService(), listener);
                }
            }
            reads.start();
        }
        eventsReplayed = opening.recover(slots);
        routes = slots.stream().map(ShardSlot::route).toList();
        for (int thread = 0; thread < count; thread++) {
            final String name = String.format(Locale.ROOT, "silo-shard-%03d", thread);
            final Agent agent = agent(name, thread, healthy, listener);
            final Runnable renewLeases = agent instanceof ShardAgent shards ? shards::renewLeases : () -> {};
            threads.add(new ShardThread(name, agent, ingresses.get(thread), connection::aeron, renewLeases));
        }
    }

    private Agent agent(String name, int thread, int healthy, ShardListener listener) {
        final AeronIngress ingress = ingresses.get(thread);
        final List<Shard> shards = new ArrayList<>();
        for (ShardSlot slot : slots) {
            final Shard shard = slot.shard();
            if (shard != null && slot.thread() == thread) {
                shards.add(shard);
            }
        }
        final boolean hasQuarantined = thread == 0 && healthy < slots.size();
        if (shards.isEmpty()) {
            return new RefusingAgent(
                    name, new QuarantineSource(ingress.commandSource(), ingress.replySink(), 0), ingress);
        }
        final CommandSource source = hasQuarantined
                ? new QuarantineSource(ingress.commandSource(), ingress.replySink(), healthy)
                : ingress.commandSource();
        return new ShardAgent(
                name,
                shards,
                source,
                ingress.replySink(),
                coldReads.get(thread),
                listener,
                new SystemClock(),
                ThreadBounds.of(config.value(Settings.CLOCK_STEP_MS_MAX)));
    }

    /** Who answers the rate limits of one more shard. */
    private RateService rateService() {
        return gubernator == null ? RateService.NONE : gubernator.newPort();
    }

    private IngressContext ingressContext(int thread) {
        final TokenTable tokens = config.tokens().isEmpty() ? TokenTable.open() : TokenTable.of(config.tokens());
        final ServerHello hello = new ServerHello(
                ServerVersion.current(),
                config.intValue(Settings.LEASE_MS),
                Bounds.INLINE_BYTES_MAX,
                config.intValue(Settings.PAYLOAD_BYTES_MAX),
                () -> routes);
        return new IngressContext(thread, tokens, hello)
                .udp(
                        config.value(Settings.AERON_ADDRESS).toString(),
                        config.value(Settings.AERON_CONTROL_ADDRESS).toString())
                .limits(new SessionLimits(
                        config.intValue(Settings.SESSIONS_MAX),
                        TimeUnit.MILLISECONDS.toNanos(config.value(Settings.SESSION_TIMEOUT_MS)),
                        SessionLimits.MALFORMED_FRAMES_MAX));
    }

    private ShardListener listener() {
        return new ShardListener() {
            @Override
            public void onShardFailed(int number, Throwable cause) {
                for (ShardSlot slot : slots) {
                    if (slot.number() == number) {
                        final String sentence = "It failed and is closed until the next start: " + cause.getMessage()
                                + " [" + ServerErrorCode.SHARD_FAILED.page() + "]";
                        slot.become(ShardState.FAILED, sentence);
                        LOGGER.error("Shard {} ({}) is closed, the others serve", slot.index(), slot.id(), cause);
                    }
                }
            }

            @Override
            public void onMalformedCommand(int number, RuntimeException cause) {
                LOGGER.warn("A client sent a command that shard {} cannot read: {}", number, cause.getMessage());
            }

            @Override
            public void onClockStepHeld(boolean held) {
                if (held) {
                    LOGGER.warn("The wall clock stepped forward by more than clock.max_step_ms; it is not followed.");
                } else {
                    LOGGER.info("The wall clock is followed again.");
                }
            }

            @Override
            public void onOverload(boolean begins, long refusals) {
                if (begins) {
                    LOGGER.warn("More arrives than a shard thread can carry; what is over is refused with BUSY.");
                } else {
                    LOGGER.info("All is taken again; {} commands were refused with BUSY.", refusals);
                }
            }

            @Override
            public void onStandstill(long ms) {
                LOGGER.warn(
                        "A shard thread stood still for {} ms: the process was stopped, or the disk did not answer."
                                + " Task leases begin anew.",
                        ms);
            }
        };
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

    private static ServedShard.Storage storage(ShardSlot slot) {
        final Shard shard = slot.shard();
        return shard == null
                ? new ServedShard.Storage(0, 0)
                : new ServedShard.Storage(
                        shard.counters().get(Figure.LOG_CYCLES),
                        shard.counters().get(Figure.LOG_BYTES));
    }

    private GrpcGateway startGateway(DataDirectory data) {
        final HostPort address = config.value(Settings.GRPC_ADDRESS);
        try {
            return GrpcGateway.start(new GatewayContext(
                    address.host(),
                    address.port(),
                    tls(),
                    data.identity().nodeId().toString(),
                    slots.stream()
                            .map(slot -> new ServedShard(
                                    slot.id(),
                                    slot.entry().rangeFirst(),
                                    slot.entry().rangeLast(),
                                    () -> storage(slot)))
                            .toList(),
                    Tenancy.valueOf(config.value(Settings.TENANCY_MODE).name()),
                    config.tokens(),
                    token -> connect(data, token)));
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
                .repeatBusy(false);
        return token.isEmpty() ? builder.build() : builder.token(token).build();
    }

    // ---- what is shown
    // ------------------------------------------------------------------------------------------------------

    private void registerMetrics() {
        final Map<String, ShardCounters> counters = new LinkedHashMap<>();
        for (ShardSlot slot : slots) {
            final Shard shard = slot.shard();
            if (shard != null) {
                counters.put(Integer.toString(slot.index()), shard.counters());
            }
        }
        final List<IngressCounters> perThread =
                ingresses.stream().map(AeronIngress::counters).toList();
        registry.register(new ShardMetricsCollector(counters, perThread, this::shardsServed));
        JvmMetrics.builder().register(registry);
    }

    private int shardsServed() {
        return (int) slots.stream()
                .filter(slot -> slot.state() == ShardState.SERVING)
                .count();
    }

    private long recordsAppended() {
        long sum = 0;
        for (ShardSlot slot : slots) {
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
                slots.stream().map(ShardSlot::health).toList());
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
                threads.size());
    }

    /** What a person wants to know of a server that has just started; the last line begins with {@code ready}. */
    public List<String> banner() {
        final OperationsEndpoint http = endpoint;
        final AeronConnection connection = aeron;
        final List<String> lines = new ArrayList<>();
        lines.add("silo " + ServerVersion.current());
        lines.add("  data        " + config.dataDirectory());
        lines.add("  durability  durable unless a call asks for appended");
        lines.add(String.format(
                Locale.ROOT,
                "  shards      %d of %d on %d thread%s, %,d events replayed",
                shardsServed(),
                slots.size(),
                threads.size(),
                threads.size() == 1 ? "" : "s",
                eventsReplayed));
        lines.add("  grpc        " + grpcAddress());
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
        threads.forEach(ShardThread::stop);
        boolean inTime = true;
        for (ShardThread thread : threads) {
            inTime &= thread.await(TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime()));
        }
        if (!inTime) {
            LOGGER.error(
                    "The shards did not stop in {} ms; the next start replays their logs as after a crash. [{}]",
                    config.value(Settings.SHUTDOWN_TIMEOUT_MS),
                    ServerErrorCode.SHUTDOWN_TIMEOUT.page());
        } else {
            closeLogs();
        }
        coldReads.forEach(ColdReadThread::close);
        if (gubernator != null) {
            gubernator.close();
        }
        faults.at("server.stopped");
        final DataDirectory data = directory;
        if (data != null) {
            data.removeServerFile();
        }
        if (!threads.isEmpty()) {
            LockSupport.parkNanos(LINGER_NS);
        }
        ingresses.forEach(AeronIngress::close);
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

    /** Logs whose shard never came to serve: their own closing was not the shard's to do. */
    private void closeLogs() {
        for (ShardSlot slot : slots) {
            final var log = slot.log();
            if (log != null && (threads.isEmpty() || slot.state() == ShardState.OPENING)) {
                log.close();
            }
            slot.become(ShardState.CLOSED, "");
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
        return closed && slots.stream().allMatch(slot -> slot.state() == ShardState.CLOSED);
    }
}
