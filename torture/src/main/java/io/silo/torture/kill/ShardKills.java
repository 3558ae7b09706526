package io.silo.torture.kill;

import io.silo.log.FailPoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Kills a child with one shard again and again on one directory, and checks after each kill what the next process will find. One
 * thread.
 */
public final class ShardKills {
    /** A round under load that was told of less before it died is void. */
    static final int ACKNOWLEDGED_MIN = 20;

    /** Time that a child works when nothing kills it. */
    private static final int WORK_MS = 5_000;

    /** Within so long of answers enough a child is killed at a random moment. */
    private static final int RANDOM_KILL_US_MAX = 300_000;

    private static final int STOP_WORK_MS = 100;
    private static final int START_TIMEOUT_S = 60;
    private static final int PROGRESS_EVERY = 50;

    private final KillOptions options;
    private final List<KillSite> sites;

    /** Short runs, too, come by all sites in the end. */
    private final int firstSite;

    private final SplittableRandom random;
    private final KnownJobs known = new KnownJobs();
    private final KillReport report = new KillReport();
    private long digest;
    private boolean isDigestKnown;
    private long firstPosition;

    private ShardKills(KillOptions options) {
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        this.sites = KillSite.SHARD.stream()
                .filter(site -> options.site() == null || site.name().equals(options.site()))
                .toList();
        this.firstSite = random.nextInt(Math.max(1, sites.size()));
    }

    /** The command of the shard child with this JVM's flags for deep reflection, up to and with its class. */
    public static List<String> command(String classPath) {
        return command(classPath, ShardChild.class.getName());
    }

    static List<String> command(String classPath, String mainClass) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--")
                        || flag.startsWith("-Dchronicle")
                        || flag.startsWith("-XX:SharedArchiveFile")
                        || flag.startsWith("-Xlog:cds"))
                .forEach(command::add);
        command.addAll(List.of("-cp", classPath, mainClass));
        return command;
    }

    /** Runs it. The directory is left where it is if something failed. */
    public static KillReport run(KillOptions options) throws IOException, InterruptedException {
        return new ShardKills(options).run();
    }

    private KillReport run() throws IOException, InterruptedException {
        Files.createDirectories(options.directory());
        for (int round = 0; round < options.rounds() && report.failures().isEmpty(); round++) {
            round(round);
            if ((round + 1) % PROGRESS_EVERY == 0) {
                options.progress()
                        .accept(report.kills() + " kills, " + report.acknowledged() + " commands acknowledged, "
                                + known.size() + " jobs, " + report.voids() + " void");
            }
        }
        if (report.failures().isEmpty()) {
            delete(options.directory());
        }
        return report;
    }

    /** Every second round dies at a site, in turn, the others at a random moment. */
    private @Nullable KillSite site(int round) {
        if (options.site() != null) {
            return sites.isEmpty() ? null : sites.get(0);
        }
        return round % 2 == 0 ? sites.get((firstSite + round / 2) % sites.size()) : null;
    }

    private void round(int round) throws IOException, InterruptedException {
        final KillSite site = site(round);
        final Path ledger = options.directory().resolve("ledger-" + round);
        final boolean stops = site != null && site.where() == KillSite.Where.STOP;
        final ShardChild.Arguments arguments = new ShardChild.Arguments(
                options.directory().resolve("shard"),
                ledger,
                random.nextLong(),
                known.nextNumber(),
                stops ? STOP_WORK_MS : WORK_MS);
        final List<String> command = new ArrayList<>(options.command());
        command.addAll(arguments.words());
        final Path output = options.directory().resolve("output-" + round);
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        if (site != null) {
            builder.environment().put(FailPoint.VARIABLE, site.armed(random));
        }
        final Process process = builder.start();
        final boolean killedAtRandom;
        try {
            killedAtRandom = site == null && killAtRandom(process, ledger);
            if (!process.waitFor(START_TIMEOUT_S, TimeUnit.SECONDS)) {
                report.failed("round " + round + ": the child did not end");
                return;
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        judge(round, site, killedAtRandom, process.exitValue(), Ledger.read(ledger));
        if (report.failures().isEmpty()) {
            Files.delete(ledger);
            Files.delete(output);
        }
    }

    /** SIGKILL at a random microsecond, once the child was told enough. */
    private boolean killAtRandom(Process process, Path ledger) throws IOException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_S);
        while (process.isAlive() && !hasWorked(ledger) && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(1_000_000);
        }
        final long atNs = System.nanoTime() + 1_000L * random.nextInt(RANDOM_KILL_US_MAX);
        while (System.nanoTime() - atNs < 0) {
            LockSupport.parkNanos(Math.max(1, atNs - System.nanoTime()));
        }
        process.destroyForcibly();
        return true;
    }

    private static boolean hasWorked(Path ledger) throws IOException {
        return Files.exists(ledger)
                && Files.size(ledger) > 0
                && Ledger.read(ledger).stream()
                                .filter(entry -> entry[0] == Ledger.TOLD)
                                .count()
                        > ACKNOWLEDGED_MIN;
    }

    private void judge(int round, @Nullable KillSite site, boolean killedAtRandom, int exitCode, List<long[]> entries) {
        final String name = site == null ? KillSite.RANDOM : site.name();
        final boolean killed = exitCode == FailPoint.EXIT_CODE;
        if (!killed && exitCode != 0) {
            report.failed("round " + round + ": the child ended by itself with code " + exitCode + ", to be killed at "
                    + name + "; see output-" + round);
            return;
        }
        for (long[] entry : entries) {
            if (entry[0] == Ledger.RECOVERED && isDigestKnown && entry[2] != digest) {
                report.failed("round " + round + ": the child recovered to another state than the log was read to");
                return;
            }
        }
        final long acknowledged;
        final RecoveredShard found;
        try {
            acknowledged = known.take(entries);
            found = RecoveredShard.open(options.directory().resolve("shard"));
        } catch (RuntimeException | Error broken) {
            report.failed("round " + round + ", " + name + ": the log cannot be recovered: " + broken);
            return;
        }
        final List<String> wrong = known.check(found);
        for (int i = 0; i < Math.min(5, wrong.size()); i++) {
            report.failed("round " + round + ", " + name + ": " + wrong.get(i) + " (" + wrong.size() + " in all)");
        }
        digest = found.digest();
        isDigestKnown = true;
        if (found.firstPosition() > firstPosition) {
            firstPosition = found.firstPosition();
            report.trimmed();
        }
        if (killed) {
            report.killed(name);
        }
        final boolean needsWork = site == null ? killedAtRandom : site.where() != KillSite.Where.START;
        report.round(acknowledged, found.jobs().size(), !killed || needsWork && acknowledged < ACKNOWLEDGED_MIN);
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
