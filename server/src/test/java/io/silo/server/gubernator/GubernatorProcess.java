package io.silo.server.gubernator;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A real Gubernator, alone in its cluster, that a test starts, kills and starts again at the same address. */
public final class GubernatorProcess implements AutoCloseable {
    /** Names the program; ./check sets it. */
    private static final String ENVIRONMENT = "SILO_GUBERNATOR";

    private static final long START_MS_MAX = 20_000;

    private final Path program;
    private final Path log;
    private final int grpcPort;
    private final int httpPort;
    private final int memberPort;
    private Process process;

    private GubernatorProcess(Path program, Path log) throws IOException {
        this.program = program;
        this.log = log;
        try (ServerSocket grpc = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket http = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket member = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            grpcPort = grpc.getLocalPort();
            httpPort = http.getLocalPort();
            memberPort = member.getLocalPort();
        }
    }

    /** The program, if there is one: what the environment names, or what the path has. */
    public static Optional<Path> program() {
        final String named = System.getenv(ENVIRONMENT);
        if (named != null && !named.isEmpty()) {
            return Optional.of(Path.of(named));
        }
        return List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).stream()
                .map(directory -> Path.of(directory, "gubernator"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Said loudly where there is none. */
    public static String why() {
        return "SKIPPED: no Gubernator is here. ./check installs one where there is Go; or set " + ENVIRONMENT
                + " to the program.";
    }

    public static GubernatorProcess start(Path program, Path directory) throws IOException, InterruptedException {
        final GubernatorProcess started = new GubernatorProcess(program, directory.resolve("gubernator.log"));
        started.start();
        return started;
    }

    /** Starts it, empty, and waits until it knows itself as its cluster's only member. */
    public void start() throws IOException, InterruptedException {
        final String member = "127.0.0.1:" + memberPort;
        final ProcessBuilder builder = new ProcessBuilder(program.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment()
                .putAll(Map.of(
                        "GUBER_GRPC_ADDRESS",
                        address(),
                        "GUBER_HTTP_ADDRESS",
                        "127.0.0.1:" + httpPort,
                        "GUBER_ADVERTISE_ADDRESS",
                        address(),
                        "GUBER_PEER_DISCOVERY_TYPE",
                        "member-list",
                        "GUBER_MEMBERLIST_ADDRESS",
                        member,
                        "GUBER_MEMBERLIST_BIND_ADDRESS",
                        member,
                        "GUBER_MEMBERLIST_KNOWN_NODES",
                        member));
        process = builder.start();
        final long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MS_MAX);
        while (!isListening()) {
            if (!process.isAlive() || System.nanoTime() > untilNs) {
                close();
                throw new IOException("Gubernator did not start:\n" + Files.readString(log));
            }
            Thread.sleep(20);
        }
    }

    private boolean isListening() {
        // The gateway comes up behind gRPC, and behind the cluster.
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), httpPort)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Where it is asked. */
    public String address() {
        return "127.0.0.1:" + grpcPort;
    }

    /** It is gone, and with it all that it counted. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
