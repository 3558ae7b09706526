package io.silo.bench.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.bench.history.BenchRun.Score;
import io.silo.bench.history.Statistics;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Runs {@code silo load} of a build against {@code silo server} of the same, each a process. One thread. */
final class LoadRunner {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int READY_TIMEOUT_MS = 60_000;
    private static final int READY_POLL_MS = 50;
    private static final int LOAD_GRACE_S = 120; // connecting, warming up, measuring the bare disk
    private static final Map<String, String> PERCENTILES =
            Map.of("50", "p50", "99", "p99", "99.9", "p999", "100", "max");

    private final Path work;
    private final Path log;

    LoadRunner(Path work, Path log) {
        this.work = work;
        this.log = log;
    }

    /**
     * A load and the bare disk beside it; the second is null if the build does not measure it.
     *
     * @param score of the load, without its ratio.
     * @param baseline its baseline.
     */
    record LoadScore(Score score, @Nullable Score baseline) {}

    /**
     * Runs a load so often.
     *
     * @throws BenchException if the server does not start, or the load fails.
     */
    LoadScore run(Build build, LoadCase load, int runs, int seconds) throws IOException, InterruptedException {
        final List<JsonNode> results = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            results.add(once(build, load, seconds));
        }
        final Map<String, Double> percentiles = new TreeMap<>();
        if (load.isLatency()) {
            PERCENTILES.forEach((ours, theirs) -> percentiles.put(
                    ours,
                    median(results.stream()
                            .map(result -> result.path("ack_us").path(theirs).asDouble())
                            .toList())));
        }
        final Score score = score(
                load.benchmark(),
                load,
                load.unit(),
                percentiles,
                results.stream()
                        .map(result -> load.isLatency()
                                ? result.path("ack_us").path("p50").asDouble()
                                : result.path("lifecycles_per_second").asDouble())
                        .toList());
        final String field = load.isLatency() ? "sync_us_p50" : "appends_per_second";
        final boolean hasBaseline = results.stream()
                .allMatch(result -> result.path("baseline").path(field).isNumber());
        return new LoadScore(
                score,
                hasBaseline
                        ? score(
                                load.baseline(),
                                load,
                                load.baselineUnit(),
                                Map.of(),
                                results.stream()
                                        .map(result -> result.path("baseline")
                                                .path(field)
                                                .asDouble())
                                        .toList())
                        : null);
    }

    private static Score score(
            String name, LoadCase load, String unit, Map<String, Double> percentiles, List<Double> samples) {
        return new Score(
                name,
                Collections.emptySortedMap(),
                load.mode(),
                unit,
                load.durability(),
                Statistics.figures(samples, percentiles),
                null);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(Double.NaN);
    }

    private JsonNode once(Build build, LoadCase load, int seconds) throws IOException, InterruptedException {
        final Path directory = Files.createTempDirectory(work, "load");
        final Path data = directory.resolve("data");
        final Path ready = directory.resolve("server.out");
        final List<String> command =
                build.java(List.of(), build.mainClass(), List.of("server", "--data", data.toString()));
        try (ChildProcess server =
                ChildProcess.start(command, directory, ports(), ProcessBuilder.Redirect.to(ready.toFile()), log)) {
            awaitReady(server, ready);
            final JsonNode result = load(build, load, seconds, data, directory);
            server.stop();
            return result;
        } finally {
            Directories.delete(directory);
        }
    }

    private JsonNode load(Build build, LoadCase load, int seconds, Path data, Path directory)
            throws IOException, InterruptedException {
        final Path out = directory.resolve("load.out");
        final List<String> arguments = new ArrayList<>(List.of("load", "--json", "--data", data.toString()));
        arguments.addAll(List.of("--seconds", Integer.toString(seconds), "--durability", load.durability()));
        arguments.addAll(load.options());
        final List<String> command = build.java(List.of(), build.mainClass(), arguments);
        try (ChildProcess client =
                ChildProcess.start(command, directory, Map.of(), ProcessBuilder.Redirect.to(out.toFile()), log)) {
            final int exitCode = client.await(2 * seconds + LOAD_GRACE_S);
            final String line = Files.readString(out, StandardCharsets.UTF_8).strip();
            if (exitCode != 0 || !line.startsWith("{")) {
                throw BenchException.ofBenchmark("The load ended with exit code " + exitCode + " and no result.");
            }
            return JSON.readTree(line);
        }
    }

    private static void awaitReady(ChildProcess server, Path out) throws IOException, InterruptedException {
        for (int waitedMs = 0; waitedMs < READY_TIMEOUT_MS && server.isAlive(); waitedMs += READY_POLL_MS) {
            if (Files.readString(out, StandardCharsets.UTF_8).lines().anyMatch(line -> line.startsWith("ready"))) {
                return;
            }
            Thread.sleep(READY_POLL_MS);
        }
        throw BenchException.ofBenchmark("The server did not become ready.");
    }

    /** Free ports of this machine, as settings of a server. */
    private static Map<String, String> ports() throws IOException {
        final InetAddress loopback = InetAddress.getLoopbackAddress();
        try (DatagramSocket first = new DatagramSocket(0, loopback);
                DatagramSocket second = new DatagramSocket(0, loopback);
                ServerSocket http = new ServerSocket(0, 1, loopback);
                ServerSocket grpc = new ServerSocket(0, 1, loopback)) {
            final Map<String, String> settings = new HashMap<>();
            settings.put("SILO_SERVER_AERON_ADDR", "127.0.0.1:" + first.getLocalPort());
            settings.put("SILO_SERVER_AERON_CONTROL_ADDR", "127.0.0.1:" + second.getLocalPort());
            settings.put("SILO_METRICS_ADDR", "127.0.0.1:" + http.getLocalPort());
            settings.put("SILO_SERVER_GRPC_ADDR", "127.0.0.1:" + grpc.getLocalPort());
            return settings;
        }
    }
}
