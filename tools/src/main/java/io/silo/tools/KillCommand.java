package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.server.ServerLogging;
import io.silo.torture.kill.KillOptions;
import io.silo.torture.kill.KillReport;
import io.silo.torture.kill.ServerKills;
import io.silo.torture.kill.ShardKills;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Kills real processes under load, starts them again, and looks for all that clients were told. */
@Command(
        name = "kill",
        description =
                "Kill a server, or one shard alone, again and again under load, and check after each start that nothing acknowledged is lost. Exit code 1 if something is, or if too many rounds did too little.")
final class KillCommand implements Callable<Integer> {
    /** Which process is killed. */
    enum Child {
        /** One shard on its log, without a transport: some 60 kills a minute. */
        SHARD,
        /** A whole server with its clients: some 20. */
        SERVER;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--rounds", paramLabel = "N", description = "Processes to start and kill (default 100).")
    private int rounds = 100;

    @Option(names = "--child", paramLabel = "NAME", description = "shard (default) or server.")
    private Child child = Child.SHARD;

    @Option(names = "--seed", paramLabel = "N", description = "Where and when they die (default: by the clock).")
    private @Nullable Long seed;

    @Option(
            names = "--site",
            paramLabel = "NAME",
            description = "Die at this point only; without it at all of them in turn, and every second time anywhere.")
    private @Nullable String site;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where it happens; must not exist (default: a temporary one).")
    private @Nullable Path directory;

    @Option(names = "--totals", paramLabel = "FILE", description = "Add what was run to the totals in this file.")
    private @Nullable Path totalsFile;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        // Clients of servers that are killed warn of it, and that is meant to happen.
        ServerLogging.quiet("io.silo");
        if (rounds < 1) {
            throw CommandFailure.usage("--rounds is at least 1.", "See: silo torture kill --help");
        }
        final List<String> sites = child == Child.SHARD ? KillOptions.shardSites() : KillOptions.serverSites();
        if (site != null && !sites.contains(site)) {
            throw CommandFailure.usage(
                    "There is no point called '" + site + "'.", "There are: " + String.join(", ", sites));
        }
        final long drawn = seed != null ? seed : System.currentTimeMillis() % (1L << 40);
        final Path where = directory();
        final long startNs = System.nanoTime();
        final PrintWriter out = Out.of(spec);
        final String classPath = System.getProperty("java.class.path");
        final KillOptions options = new KillOptions(
                rounds,
                drawn,
                site,
                where,
                child == Child.SHARD
                        ? ShardKills.command(classPath)
                        : ServerKills.command(classPath, SiloCommand.class.getName()),
                line -> {
                    if (!common.json) {
                        out.println(line);
                        out.flush();
                    }
                });
        final KillReport report = child == Child.SHARD ? ShardKills.run(options) : ServerKills.run(options);
        if (totalsFile != null) {
            TotalsFile.add(totalsFile, totals(report));
        }
        final String again = "./silo torture kill --child " + child.label() + " --seed " + drawn + " --rounds " + rounds
                + (site == null ? "" : " --site " + site);
        final long elapsedMs = (System.nanoTime() - startNs) / 1_000_000;
        if (common.json) {
            out.println(Output.line(json(report, drawn, where, again, elapsedMs)));
        } else {
            print(out, report, where, again, elapsedMs);
        }
        return report.isPassed() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private Path directory() throws IOException {
        final Path named = directory;
        if (named == null) {
            return Files.createTempDirectory("silo-kill");
        }
        if (Files.exists(named)) {
            throw CommandFailure.usage("The directory " + named + " exists.", "Name one that does not.");
        }
        return named;
    }

    /** {@code kills: {child: n, by_site: {...}}} and what was looked at. */
    private ObjectNode totals(KillReport report) {
        final ObjectNode node = Output.object();
        final ObjectNode kills = node.putObject("kills");
        kills.put(child.label(), report.kills());
        final ObjectNode bySite = kills.putObject("by_site");
        report.bySite().forEach(bySite::put);
        kills.put("acknowledged_commands", report.acknowledged());
        kills.put("jobs_checked", report.checked());
        kills.put("void", report.voids());
        kills.put("failed_runs", report.failures().isEmpty() ? 0 : 1);
        return node;
    }

    private ObjectNode json(KillReport report, long drawn, Path where, String again, long elapsedMs) {
        final ObjectNode node = totals(report);
        node.put("child", child.label());
        node.put("seed", drawn);
        node.put("rounds", report.rounds());
        node.put("passed", report.isPassed());
        node.put("elapsed_ms", elapsedMs);
        report.failures().forEach(node.withArray("failures")::add);
        if (!report.failures().isEmpty()) {
            node.put("directory", where.toString());
            node.put("again", again);
        }
        return node;
    }

    private void print(PrintWriter out, KillReport report, Path where, String again, long elapsedMs) {
        report.failures().forEach(out::println);
        if (!report.failures().isEmpty()) {
            out.println("what was left: " + where);
            out.println("again: " + again);
        }
        out.println(String.format(
                Locale.ROOT,
                "%,d kills of the %s in %,d rounds, %,d void, %,d failures; %,d acknowledged commands and %,d jobs checked in %,d s",
                report.kills(),
                child.label(),
                report.rounds(),
                report.voids(),
                report.failures().size(),
                report.acknowledged(),
                report.checked(),
                elapsedMs / 1_000));
        out.println(report.bySite().entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", ")));
    }
}
