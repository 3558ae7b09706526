package io.silo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.load.LoadException;
import io.silo.bench.load.LoadGenerator;
import io.silo.bench.load.LoadResult;
import io.silo.bench.load.LoadSettings;
import io.silo.bench.load.LoadTransport;
import io.silo.bench.load.OverloadGenerator;
import io.silo.bench.load.OverloadResult;
import io.silo.bench.load.OverloadSettings;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Durability;
import io.silo.server.config.HostPort;
import io.silo.server.data.ServerFile;
import io.silo.sql.SqlException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The canonical load, from a process of its own. */
@Command(
        name = "load",
        description = "Measure whole lifecycles of jobs a second, and how long acknowledgement and start take.")
final class LoadCommand implements Callable<Integer> {
    /** Loads that a query runs beside, each between two that run alone. */
    private static final int ROUNDS_BESIDE = 3;

    /** Over what the load talks to the server. */
    enum Transport {
        IPC,
        UDP
    }

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Option(names = "--jobs", paramLabel = "N", description = "Jobs to measure; without it, --seconds.")
    private long jobs;

    @Option(names = "--seconds", paramLabel = "S", description = "Length of the measurement (default 10).")
    private int seconds;

    @Option(
            names = "--rate",
            paramLabel = "R",
            description =
                    "Jobs a second, open loop: latencies count from the time a job was due. 0 = as fast as it goes.")
    private long rate;

    @Option(names = "--window", paramLabel = "N", defaultValue = "1024", description = "Jobs in flight (default 1024).")
    private int window;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "64",
            description = "Jobs a command at most (default 64); a command never waits to be full.")
    private int batch;

    @Option(
            names = "--payload",
            paramLabel = "BYTES",
            defaultValue = "256",
            description = "Payload of a job (default 256).")
    private int payload;

    @Option(names = "--tenants", paramLabel = "N", defaultValue = "1", description = "Tenants (default 1).")
    private int tenants;

    @Option(
            names = "--limit-keys",
            paramLabel = "N",
            defaultValue = "0",
            description = "Each job names one of N concurrency limits, wide enough not to block (default 0: none).")
    private int limitKeys;

    @Option(
            names = "--fail-percent",
            paramLabel = "P",
            defaultValue = "0",
            description = "P of 100 first attempts fail and are retried at once (default 0).")
    private int failPercent;

    @Option(names = "--durability", defaultValue = "durable", description = "durable (default) or appended.")
    private Durability durability = Durability.DURABLE;

    @Option(names = "--transport", description = "ipc or udp (default: ipc if the server is on this host).")
    private @Nullable Transport transport;

    @Option(
            names = "--stored",
            paramLabel = "N",
            description =
                    "First store N ready jobs and N that start later, and watch starts; the load then runs beside them.")
    private int stored;

    @Option(
            names = "--overload",
            paramLabel = "F",
            description =
                    "Offer F times as many jobs a second as the peak, measured before and after, and see how much of it is left.")
    private double overload;

    @Option(
            names = "--producers",
            paramLabel = "N",
            defaultValue = "64",
            description = "Sessions that enqueue under --overload, each with its own window (default 64).")
    private int producers;

    @Option(
            names = "--query",
            paramLabel = "SQL",
            defaultValue = "",
            description =
                    "Ask this once a second beside every other of seven loads, and see how much of them is left and how long it took.")
    private String query = "";

    @Option(names = "--no-baseline", description = "Do not measure the server's bare disk first.")
    private boolean noBaseline;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final LoadSettings settings = settings();
        final Optional<ServerFile> local = server.serverFile();
        if (overload != 0) {
            // Its baseline is the peak of the same run.
            runOverload(settings, local.orElse(null), Out.of(spec));
            return ExitCode.OK;
        }
        if (!query.isEmpty()) {
            // Its baseline are the loads that run alone.
            runBesideQuery(settings, local.orElse(null), Out.of(spec));
            return ExitCode.OK;
        }
        final JsonNode baseline = noBaseline
                ? null
                : local.filter(file -> !file.httpAddress().isEmpty())
                        .map(file -> OperationsClient.baseline(file.httpAddress(), Math.max(payload, 16)))
                        .orElse(null);
        final PrintWriter out = Out.of(spec);
        final StoredJobs before = stored > 0 ? storeJobs() : null;
        if (before != null && !common.json) {
            before.text(out);
            out.flush();
        }
        final LoadResult result = withTransport(local.orElse(null), way -> run(way, settings));
        if (common.json) {
            final ObjectNode node = json(settings, result, baseline);
            if (before != null) {
                before.json(node.putObject("stored"));
            }
            out.println(Output.line(node));
        } else {
            text(settings, result, baseline, out);
        }
        return ExitCode.OK;
    }

    private StoredJobs storeJobs() {
        try (SiloClient client =
                ClientConnection.open(server, "", io.silo.client.Durability.valueOf(durability.name()))) {
            final StoredJobs jobsThatWait = new StoredJobs(client, stored, payload);
            jobsThatWait.measure();
            return jobsThatWait;
        }
    }

    private LoadSettings settings() {
        try {
            final int length = jobs == 0 && seconds == 0 ? 10 : seconds;
            return new LoadSettings(
                    jobs, length, rate, window, batch, payload, tenants, limitKeys, failPercent, durability);
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(String.valueOf(wrong.getMessage()), "See: silo load --help");
        }
    }

    private static LoadResult run(LoadTransport way, LoadSettings settings) {
        try (LoadGenerator load = new LoadGenerator(way, settings)) {
            return load.run();
        }
    }

    private void runOverload(LoadSettings settings, @Nullable ServerFile local, PrintWriter out) {
        final OverloadSettings over = overloadSettings();
        try (ResidentMemory memory = local == null ? null : new ResidentMemory(local.pid())) {
            final OverloadOutput output = withTransport(local, way -> {
                final double before = run(way, settings).lifecyclesPerSecond();
                final OverloadResult result;
                try (OverloadGenerator load =
                        new OverloadGenerator(way, settings, over.producers(), over.factor() * before)) {
                    result = load.run();
                }
                // The server has more jobs now than before: both times together are what it does meanwhile.
                final double after = run(way, settings).lifecyclesPerSecond();
                return new OverloadOutput(settings, over, before, after, result, memory);
            });
            if (common.json) {
                out.println(Output.line(output.json()));
            } else {
                output.text(out);
            }
        }
    }

    private void runBesideQuery(LoadSettings settings, @Nullable ServerFile local, PrintWriter out) {
        if (stored != 0) {
            throw CommandFailure.usage("Expected --query without --stored.", "See: silo load --help");
        }
        try (SiloClient client = ClientConnection.open(server, "", io.silo.client.Durability.DURABLE);
                RepeatedQuery repeated = new RepeatedQuery(client, query)) {
            final BesideQueryOutput output = withTransport(local, way -> {
                final double[] alone = new double[ROUNDS_BESIDE + 1];
                final double[] beside = new double[ROUNDS_BESIDE];
                alone[0] = run(way, settings).lifecyclesPerSecond();
                for (int round = 0; round < ROUNDS_BESIDE; round++) {
                    repeated.resume();
                    beside[round] = run(way, settings).lifecyclesPerSecond();
                    repeated.pause();
                    alone[round + 1] = run(way, settings).lifecyclesPerSecond();
                }
                return new BesideQueryOutput(settings, alone, beside, repeated.result());
            });
            if (common.json) {
                out.println(Output.line(output.json()));
            } else {
                output.text(out);
            }
        } catch (CompletionException | SiloException failed) {
            throw ClientConnection.failure(failed);
        } catch (SqlException failed) {
            throw QueryCommand.failure(failed);
        }
    }

    private OverloadSettings overloadSettings() {
        try {
            if (jobs != 0 || rate != 0 || limitKeys != 0 || failPercent != 0 || stored != 0 || !query.isEmpty()) {
                throw new IllegalArgumentException(
                        "Expected --overload without --jobs, --rate, --limit-keys, --fail-percent, --stored and --query.");
            }
            return new OverloadSettings(overload, producers);
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(String.valueOf(wrong.getMessage()), "See: silo load --help");
        }
    }

    private <T> T withTransport(@Nullable ServerFile local, Function<LoadTransport, T> task) {
        final boolean overIpc = transport == null ? local != null : transport == Transport.IPC;
        if (overIpc && local == null) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "UNREACHABLE",
                    "No server of this host was found for --transport ipc.",
                    "Name its data directory: --data DIR");
        }
        final HostPort address = local == null ? server.udpAddress() : HostPort.parse(local.aeronAddress());
        final HostPort control =
                local == null ? ServerOptions.controlOf(address) : HostPort.parse(local.aeronControlAddress());
        try (LoadTransport way = overIpc && local != null
                ? LoadTransport.overIpc(local.aeronDirectory(), server.token())
                : LoadTransport.overUdp(address.toString(), control.toString(), server.token())) {
            return task.apply(way);
        } catch (LoadException failed) {
            final RejectReason reason = failed.reason();
            throw new CommandFailure(
                    reason == RejectReason.UNREACHABLE ? ExitCode.UNREACHABLE : ExitCode.REFUSED,
                    reason == null ? "LOAD_FAILED" : reason.name(),
                    String.valueOf(failed.getMessage()),
                    reason == RejectReason.UNREACHABLE
                            ? "Is the server running at " + address + "? See: ./silo status"
                            : "");
        }
    }

    private static ObjectNode json(LoadSettings settings, LoadResult result, @Nullable JsonNode baseline) {
        final ObjectNode node = Output.object();
        node.put("lifecycles_per_second", result.lifecyclesPerSecond());
        node.put("lifecycles", result.lifecycles());
        node.put("elapsed_ms", result.elapsedNs() / 1_000_000);
        node.put("durability", settings.durability().name().toLowerCase(Locale.ROOT));
        node.put("window", settings.window());
        node.put("rate", settings.ratePerSecond());
        node.put("payload_bytes", settings.payloadBytes());
        node.put("tenants", settings.tenants());
        node.put("limit_keys", settings.limitKeys());
        node.put("fail_percent", settings.failPercent());
        node.put("failed_attempts", result.failedAttempts());
        node.put("jobs_per_command", result.jobsPerCommand());
        node.put("refused_for_now", result.refusedForNow());
        latency(node.putObject("ack_us"), result.ackUs());
        latency(node.putObject("start_us"), result.startUs());
        if (baseline != null) {
            final ObjectNode base = node.putObject("baseline");
            base.put("sync_us_p50", baseline.path("sync_us_p50").asDouble());
            base.put("sync_us_p99", baseline.path("sync_us_p99").asDouble());
            base.put("appends_per_second", baseline.path("appends_per_second").asDouble());
        }
        return node;
    }

    static void latency(ObjectNode node, LoadResult.Latency latency) {
        node.put("p50", latency.p50());
        node.put("p99", latency.p99());
        node.put("p999", latency.p999());
        node.put("max", latency.max());
    }

    private static void text(LoadSettings settings, LoadResult result, @Nullable JsonNode baseline, PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "%,.0f lifecycles/s  (%,d jobs in %.1f s: enqueued, started and reported, all acknowledged as %s)",
                result.lifecyclesPerSecond(),
                result.lifecycles(),
                result.elapsedNs() / 1e9,
                settings.durability().name().toLowerCase(Locale.ROOT)));
        out.println(String.format(
                Locale.ROOT,
                "  window %,d, payload %,d bytes, %.1f jobs a command%s",
                settings.window(),
                settings.payloadBytes(),
                result.jobsPerCommand(),
                settings.ratePerSecond() == 0
                        ? ", closed loop: latencies are those of a full window"
                        : String.format(
                                Locale.ROOT,
                                ", %,d jobs/s: latencies count from the time a job was due",
                                settings.ratePerSecond())));
        out.println("  acknowledgement  " + shown(result.ackUs()) + "  from sending a job to the server's answer");
        out.println(
                "  start            " + shown(result.startUs()) + "  from sending a job to its arrival at the worker");
        if (result.failedAttempts() > 0) {
            out.println(String.format(
                    Locale.ROOT, "  %,d first attempts failed and were retried", result.failedAttempts()));
        }
        if (result.refusedForNow() > 0) {
            out.println(String.format(
                    Locale.ROOT, "  %,d jobs were refused for now and sent again", result.refusedForNow()));
        }
        if (baseline == null) {
            out.println(
                    "  no baseline: it takes a server on this host with its HTTP port on, found by --data or in ./silo-data");
            return;
        }
        out.println(String.format(
                Locale.ROOT,
                "  baseline sync    p50 %,.0f µs  one record of the payload's size appended and synced on the bare disk, before"
                        + " the run; a durable acknowledgement cannot be faster",
                baseline.path("sync_us_p50").asDouble()));
        out.println(String.format(
                Locale.ROOT,
                "  baseline append  %,.0f/s  such records written one by one to the page cache, never synced; a lifecycle"
                        + " appends three",
                baseline.path("appends_per_second").asDouble()));
    }

    static String shown(LoadResult.Latency latency) {
        return String.format(
                Locale.ROOT,
                "p50 %,.0f µs  p99 %,.0f µs  p99.9 %,.0f µs",
                latency.p50(),
                latency.p99(),
                latency.p999());
    }
}
