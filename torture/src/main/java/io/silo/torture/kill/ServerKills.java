package io.silo.torture.kill;

import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.log.FailPoint;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Kills a whole server under load again and again on one data directory; after each start all that clients were told must be there,
 * and in the end every job succeeds, once. One thread, beside those of the clients.
 */
public final class ServerKills {
    /** A round under load in which clients were told of less is void. */
    static final int ACKNOWLEDGED_MIN = 50;

    private static final int SITE_TIMEOUT_MS = 5_000;
    private static final int RANDOM_KILL_US_MAX = 500_000;
    private static final long FIRST_ANSWER_NS_MAX = 12_000_000_000L;

    /** One client in so many lives on when its server dies. */
    private static final int KEPT_CLIENTS = 4;

    private static final int STOP_WORK_MS = 200;
    private static final int STOP_TIMEOUT_MS = 30_000;
    private static final int DRAIN_TIMEOUT_S = 60;
    private static final int PROGRESS_EVERY = 10;

    private final KillOptions options;
    private final List<KillSite> sites;

    /** Short runs, too, come by all sites in the end. */
    private final int firstSite;

    private final SplittableRandom random;
    private final ServerLoad load;
    private final KillReport report = new KillReport();
    private final Path data;
    private final Map<String, String> settings;
    private @Nullable SiloClient client;

    /** Whether the round's server never came by its site. */
    private boolean missed;

    private ServerKills(KillOptions options) throws IOException {
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        this.load = new ServerLoad(random.split());
        this.sites = KillSite.SERVER.stream()
                .filter(site -> options.site() == null || site.name().equals(options.site()))
                .toList();
        this.firstSite = random.nextInt(Math.max(1, sites.size()));
        this.data = options.directory().resolve("data");
        this.settings = ServerChild.settings();
    }

    /** The command of a server with this JVM's flags, up to where its options follow. */
    public static List<String> command(String classPath, String mainClass) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--") || flag.startsWith("-Dchronicle"))
                .forEach(command::add);
        command.addAll(List.of("-cp", classPath, mainClass, "server"));
        return command;
    }

    /** Runs it. The directory is left where it is if something failed. */
    public static KillReport run(KillOptions options) throws IOException, InterruptedException {
        return new ServerKills(options).run();
    }

    private KillReport run() throws IOException, InterruptedException {
        Files.createDirectories(options.directory());
        try {
            for (int round = 0; round < options.rounds() && report.failures().isEmpty(); round++) {
                round(round, site(round));
                if ((round + 1) % PROGRESS_EVERY == 0) {
                    options.progress()
                            .accept(report.kills() + " kills, " + report.acknowledged() + " commands acknowledged, "
                                    + load.openCount() + " jobs open, " + report.voids() + " void");
                }
            }
            if (report.failures().isEmpty()) {
                drain();
            }
        } finally {
            closeClient();
            ServerChild.deleteAeron(data);
        }
        if (report.failures().isEmpty()) {
            ShardKills.delete(options.directory());
        }
        return report;
    }

    private @Nullable KillSite site(int round) {
        if (options.site() != null) {
            return sites.isEmpty() ? null : sites.get(0);
        }
        return round % 2 == 0 ? sites.get((firstSite + round / 2) % sites.size()) : null;
    }

    private void round(int round, @Nullable KillSite site) throws IOException, InterruptedException {
        final String name = site == null ? KillSite.RANDOM : site.name();
        final Path output = options.directory().resolve("output-" + round);
        final boolean isStart = site != null && site.where() == KillSite.Where.START;
        final long before = load.acknowledged();
        missed = false;
        long checked = 0;
        final String armed = site == null ? "" : site.armed(random);
        try (ServerChild server = ServerChild.launch(options.command(), data, settings, armed, output)) {
            if (server.awaitReady() && isWhole(server, round)) {
                checked = work(server, site);
            }
            if (!server.awaitEnd(STOP_TIMEOUT_MS)) {
                report.failed("round " + round + ", " + name + ": the server did not end");
                return;
            }
            final boolean killed = server.exitCode() == FailPoint.EXIT_CODE;
            if (!killed && server.exitCode() != 0) {
                report.failed("round " + round + ", " + name + ": the server ended with code " + server.exitCode()
                        + "; see output-" + round);
                return;
            }
            if (killed && !missed) {
                report.killed(name);
            }
            final long acknowledged = load.acknowledged() - before;
            report.round(acknowledged, checked, !killed || missed || !isStart && acknowledged < ACKNOWLEDGED_MIN);
        }
        load.wrong().stream().limit(5).forEach(wrong -> report.failed("round " + round + ", " + name + ": " + wrong));
        if (report.failures().isEmpty()) {
            Files.delete(output);
        }
    }

    private boolean isWhole(ServerChild server, int round) throws IOException {
        if (!server.output().contains("2 of 2")) {
            report.failed("round " + round + ": a shard is not served; see output-" + round);
            server.kill();
            return false;
        }
        return true;
    }

    /** Checks, then loads the server until it is killed. */
    private long work(ServerChild server, @Nullable KillSite site) throws InterruptedException {
        final SiloClient current = client();
        final long checked = server.isAlive() ? checkAlive(server, current) : 0;
        final boolean stops = site != null && site.where() == KillSite.Where.STOP;
        final long killUs = 1_000L + random.nextInt(RANDOM_KILL_US_MAX);
        try (SiloWorker worker = load.work(current)) {
            final Thread producer = new Thread(() -> load.produce(current, server::isAlive), "producer");
            producer.start();
            if (stops) {
                Thread.sleep(STOP_WORK_MS);
                server.terminate();
            } else if (site == null) {
                awaitAnswer(server);
                final long atNs = System.nanoTime() + killUs * 1_000;
                while (System.nanoTime() - atNs < 0) {
                    LockSupport.parkNanos(Math.max(1, atNs - System.nanoTime()));
                }
                server.kill();
            } else {
                awaitAnswer(server);
                if (!server.awaitEnd(SITE_TIMEOUT_MS)) {
                    missed = true;
                    server.kill();
                }
            }
            server.awaitEnd(STOP_TIMEOUT_MS);
            producer.join();
        }
        if (random.nextInt(KEPT_CLIENTS) != 0) {
            closeClient(); // else it finds the next server by itself
        }
        return checked;
    }

    /** A client that was kept notices only after the time-out of its media driver that its server died: moments count from the first answer. */
    private void awaitAnswer(ServerChild server) {
        final long told = load.acknowledged();
        final long deadlineNs = System.nanoTime() + FIRST_ANSWER_NS_MAX;
        while (server.isAlive() && load.acknowledged() == told && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(100_000);
        }
    }

    /** A check that the server's death cut short says nothing. */
    private long checkAlive(ServerChild server, SiloClient current) {
        final long checked = load.check(current, false);
        if (!server.isAlive()) {
            load.wrong().removeIf(wrong -> wrong.contains("cannot be read"));
        }
        return checked;
    }

    /** The last server is left alone until every job has succeeded, and stops in order. */
    private void drain() throws IOException, InterruptedException {
        final Path output = options.directory().resolve("output-drain");
        try (ServerChild server = ServerChild.launch(options.command(), data, settings, "", output)) {
            if (!server.awaitReady()) {
                report.failed("the last server did not start; see output-drain");
                return;
            }
            closeClient();
            final SiloClient current = client();
            final long deadlineNs = System.nanoTime() + DRAIN_TIMEOUT_S * 1_000_000_000L;
            try (SiloWorker worker = load.work(current)) {
                while (load.openCount() > 0 && load.wrong().isEmpty() && System.nanoTime() - deadlineNs < 0) {
                    Thread.sleep(100);
                    load.check(current, false);
                }
            }
            load.check(current, true);
            if (load.openCount() > 0) {
                report.failed(load.openCount() + " jobs did not succeed within " + DRAIN_TIMEOUT_S
                        + " s after the last kill");
            }
            load.wrong().stream().limit(5).forEach(wrong -> report.failed("at the end: " + wrong));
            closeClient();
            server.terminate();
            if (!server.awaitEnd(STOP_TIMEOUT_MS) || server.exitCode() != 0) {
                report.failed("the last server did not stop in order; see output-drain");
            }
        }
    }

    private SiloClient client() {
        SiloClient current = client;
        if (current == null) {
            current = SiloClient.builder()
                    .dataDirectory(data)
                    .requestTimeout(Duration.ofSeconds(5))
                    .build();
            client = current;
        }
        return current;
    }

    private void closeClient() {
        final SiloClient current = client;
        client = null;
        if (current != null) {
            current.close();
        }
    }
}
