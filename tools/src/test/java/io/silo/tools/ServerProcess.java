package io.silo.tools;

import io.silo.server.data.ServerFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;

/** A real server in a process of its own, on the class path of the test, on free ports. */
final class ServerProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(25);

    private static final int PORTS_PER_SERVER = 3;

    /**
     * Below the ports that the system hands out by itself, and elsewhere than in the JVM of other classes, which runs beside this one:
     * between its choice and its use nobody else takes a port.
     */
    private static int nextPort = 10_000 + 400 * (int) (ProcessHandle.current().pid() % 50);

    private final Process process;
    private final Path data;
    private final Path output;

    private ServerProcess(Process process, Path data, Path output) {
        this.process = process;
        this.data = data;
        this.output = output;
    }

    /** Free ports of this machine, as settings; the second of Aeron is beside the first, where it is by default. */
    static synchronized Map<String, String> freePorts() throws IOException {
        final InetAddress loopback = InetAddress.getLoopbackAddress();
        for (int attempt = 0; attempt < 20; attempt++) {
            final int aeron = nextPort;
            nextPort += PORTS_PER_SERVER;
            try (DatagramSocket first = new DatagramSocket(aeron, loopback);
                    DatagramSocket second = new DatagramSocket(aeron + 1, loopback);
                    ServerSocket http = new ServerSocket(aeron + 2, 1, loopback)) {
                final Map<String, String> settings = new HashMap<>();
                settings.put("SILO_SERVER_AERON_ADDR", "127.0.0.1:" + first.getLocalPort());
                settings.put("SILO_SERVER_AERON_CONTROL_ADDR", "127.0.0.1:" + second.getLocalPort());
                settings.put("SILO_METRICS_ADDR", "127.0.0.1:" + http.getLocalPort());
                settings.put("SILO_SERVER_GRPC_ADDR", "127.0.0.1:0");
                return settings;
            } catch (BindException taken) {
                // the next three
            }
        }
        throw new BindException("no three neighbouring ports are free");
    }

    /** Starts a server without waiting. */
    static ServerProcess launch(Path data, Map<String, String> settings, String... options) throws IOException {
        return launch(List.of(), data, settings, options);
    }

    /** The same behind a command that runs another and becomes it, as {@code nsenter} does. */
    static ServerProcess launch(List<String> within, Path data, Map<String, String> settings, String... options)
            throws IOException {
        final List<String> command = new ArrayList<>(within);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx512m");
        command.addAll(jvmFlags());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SiloCommand.class.getName(), "server"));
        command.addAll(List.of("--data", data.toString()));
        command.addAll(List.of(options));
        final Path output = Files.createTempFile("silo-server", ".out");
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(settings);
        return new ServerProcess(builder.start(), data, output);
    }

    /** Those of this JVM that a program of Silo needs, and the compiler that the tests run with. */
    static List<String> jvmFlags() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--")
                        || flag.startsWith("-Dchronicle")
                        || flag.startsWith("-XX:TieredStopAtLevel"))
                .toList();
    }

    /** Starts a server and waits until it is ready. */
    static ServerProcess start(Path data, Map<String, String> settings, String... options)
            throws IOException, InterruptedException {
        return launch(data, settings, options).awaitReady();
    }

    /** Waits until it is ready; one that does not become it is killed. */
    ServerProcess awaitReady() throws IOException, InterruptedException {
        final long deadlineNs = System.nanoTime() + START_TIMEOUT.toNanos();
        while (output().lines().noneMatch(line -> line.startsWith("ready"))) {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                final String said = output();
                close();
                throw new AssertionError("the server did not become ready:\n" + said);
            }
            Thread.sleep(20);
        }
        return this;
    }

    /** What it has printed so far. */
    String output() throws IOException {
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    /** Lines of what it has printed that tell of an error or belong to a stack trace. */
    List<String> complaints() throws IOException {
        return output().lines()
                .filter(line -> line.contains("ERROR") || line.contains("\tat "))
                .toList();
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Sends a signal by its name: STOP, CONT. */
    void signal(String name) throws IOException, InterruptedException {
        final Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("could not send SIG" + name);
        }
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM, and the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        return awaitExit();
    }

    /** The exit code. */
    int awaitExit() throws InterruptedException {
        if (!process.waitFor(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the server did not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        Files.deleteIfExists(output);
        deleteDriver();
    }

    /** A server that was killed leaves its driver's directory, some 50 MiB of memory; the next on the same data takes it over. */
    private void deleteDriver() {
        ServerFile.read(data)
                .filter(file -> file.pid() == pid())
                .map(file -> Path.of(file.aeronDirectory()).getParent())
                .filter(outer -> outer.getFileName().toString().startsWith("silo-"))
                .ifPresent(outer -> IoUtil.delete(outer.toFile(), true));
    }
}
