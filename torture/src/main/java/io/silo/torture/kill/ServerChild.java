package io.silo.torture.kill;

import io.silo.log.FailPoint;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A whole server in a process of its own, on two free ports and two shards of small cycles. */
final class ServerChild implements AutoCloseable {
    private static final int START_TIMEOUT_S = 60;

    /** Below the ports that the system hands out by itself. */
    private static final int PORT_FIRST = 31_000;

    private static final int PORTS = 1_000;
    private static final Pattern AERON_DIRECTORY = Pattern.compile("\"aeron_dir\"\\s*:\\s*\"([^\"]+)\"");

    private final Process process;
    private final Path output;

    private ServerChild(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Settings of all servers of a run. */
    static Map<String, String> settings() throws IOException {
        final int port = freePorts();
        return Map.of(
                "SILO_SERVER_AERON_ADDR", "127.0.0.1:" + port,
                "SILO_SERVER_AERON_CONTROL_ADDR", "127.0.0.1:" + (port + 1),
                "SILO_SERVER_GRPC_ADDR", "127.0.0.1:0",
                "SILO_METRICS_ENABLED", "false",
                "SILO_SHARD_COUNT", "2",
                "SILO_DATABASE_CYCLE_BYTES", "1048576");
    }

    private static int freePorts() throws IOException {
        final InetAddress loopback = InetAddress.getLoopbackAddress();
        final int offset = 2 * (int) (ProcessHandle.current().pid() % (PORTS / 2));
        for (int i = 0; i < PORTS; i += 2) {
            final int port = PORT_FIRST + (offset + i) % PORTS;
            try (DatagramSocket first = new DatagramSocket(port, loopback);
                    DatagramSocket second = new DatagramSocket(port + 1, loopback)) {
                return Math.min(first.getLocalPort(), second.getLocalPort());
            } catch (BindException taken) {
                // the next two
            }
        }
        throw new BindException("no two neighbouring ports are free");
    }

    /** @param armed {@code site:occurrence}, or empty. */
    static ServerChild launch(List<String> command, Path data, Map<String, String> settings, String armed, Path output)
            throws IOException {
        final List<String> words = new ArrayList<>(command);
        words.addAll(List.of("--data", data.toString()));
        final ProcessBuilder builder =
                new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(settings);
        if (!armed.isEmpty()) {
            builder.environment().put(FailPoint.VARIABLE, armed);
        }
        return new ServerChild(builder.start(), output);
    }

    /** Whether it became ready; else it has ended. */
    boolean awaitReady() throws IOException, InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_S);
        while (System.nanoTime() - deadlineNs < 0) {
            if (output().lines().anyMatch(line -> line.startsWith("ready"))) {
                return true;
            }
            if (!process.isAlive()) {
                return false;
            }
            Thread.sleep(10);
        }
        return false;
    }

    String output() throws IOException {
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    boolean awaitEnd(long ms) throws InterruptedException {
        return process.waitFor(ms, TimeUnit.MILLISECONDS);
    }

    int exitCode() {
        return process.exitValue();
    }

    /** Deletes what a killed server left outside its data directory: the directory of its media driver. */
    static void deleteAeron(Path data) throws IOException {
        final Path file = data.resolve("server.json");
        if (!Files.exists(file)) {
            return;
        }
        final Matcher found = AERON_DIRECTORY.matcher(Files.readString(file, StandardCharsets.UTF_8));
        if (found.find()) {
            final Path parent = Path.of(found.group(1)).getParent();
            if (parent != null
                    && parent.startsWith("/dev/shm")
                    && parent.getFileName().toString().startsWith("silo-")) {
                ShardKills.delete(parent);
            }
        }
    }

    @Override
    public void close() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
