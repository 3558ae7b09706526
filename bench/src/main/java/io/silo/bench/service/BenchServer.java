package io.silo.bench.service;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.silo.bench.micro.BenchDirectory;
import io.silo.client.Durability;
import io.silo.client.SiloClient;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import io.silo.server.config.HostPort;
import io.silo.server.data.ServerFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole server of one shard in this process, with its media driver, its gRPC port and a log in a {@link BenchDirectory}. Clients in the
 * same process share nothing with it but the processor and the heap: they reach it over shared memory, UDP or TCP. Opened and closed by
 * one thread.
 */
final class BenchServer implements AutoCloseable {
    /**
     * Set where many benchmarks run in one process, a moment each: its first server serves them all until the process ends. A
     * process of its own, which measures, always has its own.
     */
    private static final boolean IS_KEPT = Boolean.getBoolean("silo.bench.keep_server");

    private static @Nullable BenchServer kept;

    private final Path directory = BenchDirectory.create();
    private SiloServer server;

    private BenchServer() {
        server = start();
    }

    /** Starts one. */
    static synchronized BenchServer open() {
        if (!IS_KEPT) {
            return new BenchServer();
        }
        if (kept == null) {
            final BenchServer started = new BenchServer();
            Runtime.getRuntime().addShutdownHook(new Thread(started::stop, "bench-server-stop"));
            kept = started;
        }
        return kept;
    }

    private SiloServer start() {
        try (DatagramSocket first = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                DatagramSocket second = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            final Map<String, String> settings = Map.of(
                    "SILO_SERVER_AERON_ADDR", "127.0.0.1:" + first.getLocalPort(),
                    "SILO_SERVER_AERON_CONTROL_ADDR", "127.0.0.1:" + second.getLocalPort(),
                    "SILO_SERVER_GRPC_ADDR", "127.0.0.1:0",
                    "SILO_METRICS_ENABLED", "false",
                    "SILO_SHARD_COUNT", "1");
            first.close();
            second.close();
            return SiloServer.start(ConfigLoader.load(
                    null,
                    settings,
                    Map.of("database.path", directory.resolve("data").toString())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the server and starts another on the same data directory: what it had at hand of its log is gone. */
    void restart() {
        server.close();
        server = start();
    }

    ServerFile address() {
        return server.address();
    }

    /** A directory on the same disk. */
    Path directory() {
        return directory;
    }

    /** A client over shared memory; the caller closes it. */
    SiloClient ipcClient(Durability durability) {
        return SiloClient.builder()
                .dataDirectory(directory.resolve("data"))
                .durability(durability)
                .build();
    }

    /** A client over UDP, with a media driver of its own; the caller closes it. */
    SiloClient udpClient(Durability durability) {
        final HostPort control = HostPort.parse(address().aeronControlAddress());
        return SiloClient.builder()
                .address(address().aeronAddress())
                .controlPort(control.port())
                .durability(durability)
                .build();
    }

    /** A channel to the gateway; the caller shuts it down. */
    ManagedChannel channel() {
        return channelBuilder().build();
    }

    /** One whose answers are handled by the thread that reads them. */
    ManagedChannel directChannel() {
        return channelBuilder().directExecutor().build();
    }

    private ManagedChannelBuilder<?> channelBuilder() {
        final HostPort address = server.grpcAddress();
        return ManagedChannelBuilder.forAddress(address.host(), address.port()).usePlaintext();
    }

    @Override
    public void close() {
        if (!IS_KEPT) {
            stop();
        }
    }

    private void stop() {
        server.close();
        BenchDirectory.delete(directory);
    }
}
