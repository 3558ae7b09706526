package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.server.ServerLogging;
import io.silo.simulation.SeedRuns;
import io.silo.simulation.Shrinker;
import io.silo.simulation.SimPlan;
import io.silo.simulation.SimReport;
import io.silo.simulation.SimTotals;
import io.silo.simulation.Simulation;
import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.Scenarios;
import io.silo.simulation.world.FaultFilter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs simulations of a broker with its clients: one seed, twice over, or many, once each. */
@Command(
        name = "sim",
        description =
                "Simulate a broker and its clients with all that can go wrong. Exit code 1 if a run fails or did no work.")
final class SimCommand implements Callable<Integer> {
    private static final long SEEDS_DEFAULT = 100;

    /** Failures shown in full; more only say their seed. */
    private static final int FAILURES_SHOWN = 3;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Run this seed twice and compare the traces byte for byte.")
    private @Nullable Long seed;

    @Option(names = "--seeds", paramLabel = "N", description = "Run so many seeds, once each (default 100).")
    private @Nullable Long seeds;

    @Option(names = "--from", paramLabel = "N", description = "First of them (default: by the clock).")
    private @Nullable Long from;

    @Option(
            names = "--scenario",
            paramLabel = "NAME",
            description = "This one only; without it each seed picks its own.")
    private @Nullable String scenarioName;

    @Option(names = "--minutes", paramLabel = "M", description = "Begin no run after so many minutes.")
    private @Nullable Integer minutes;

    @Option(names = "--jobs", paramLabel = "J", description = "Runs side by side (default: one a processor).")
    private int parallel = Runtime.getRuntime().availableProcessors();

    @Option(names = "--trace", description = "With --seed: write the whole trace.")
    private boolean trace;

    @Option(names = "--no-shrink", description = "Do not look for a smaller run that fails the same way.")
    private boolean noShrink;

    @Option(names = "--list", description = "List the scenarios.")
    private boolean list;

    @Option(names = "--totals", paramLabel = "FILE", description = "Add what was run to the totals in this file.")
    private @Nullable Path totalsFile;

    @Mixin
    private final SimFilterOptions filter = new SimFilterOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        // What simulated brokers warn of is meant to happen.
        ServerLogging.quiet("io.silo.log");
        if (list) {
            Scenarios.ALL.forEach(scenario ->
                    Out.of(spec).println(String.format(Locale.ROOT, "%-18s %s", scenario.name(), scenario.shows())));
            return ExitCode.OK;
        }
        if (seed != null && seeds != null) {
            throw CommandFailure.usage("--seed runs one seed, --seeds many: name one of them.", "See: silo sim --help");
        }
        return seed != null ? one(plan(seed)) : many();
    }

    private SimPlan plan(long chosen) {
        final Scenario scenario = scenario();
        final FaultFilter left = filter.filter();
        try {
            return new SimPlan(chosen, scenario == null ? Scenarios.ofSeed(chosen) : scenario, left);
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(String.valueOf(wrong.getMessage()), "");
        }
    }

    private @Nullable Scenario scenario() {
        final String name = scenarioName;
        if (name == null) {
            return null;
        }
        return Scenarios.named(name)
                .orElseThrow(() -> CommandFailure.usage(
                        "There is no scenario called '" + name + "'.", "There are: " + Scenarios.names()));
    }

    private int one(SimPlan plan) {
        final long startNs = System.nanoTime();
        final List<String> lines = new ArrayList<>();
        SimReport report = trace ? Simulation.traced(plan, lines::add) : Simulation.verify(plan);
        lines.forEach(Out.of(spec)::println);
        if (report.verdict() == SimReport.Verdict.FAILED && !noShrink && !"determinism".equals(report.invariant())) {
            report = Shrinker.shrink(report);
        }
        final SimTotals totals = new SimTotals();
        totals.add(report);
        finish(totals, List.of(report), startNs);
        return report.isPassed() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private int many() {
        if (parallel < 1 || seeds != null && seeds < 1 || minutes != null && minutes < 1) {
            throw CommandFailure.usage("--seeds, --minutes and --jobs are at least 1.", "See: silo sim --help");
        }
        final long startNs = System.nanoTime();
        final long first = from != null ? from : System.currentTimeMillis() % (1L << 40);
        final long count = seeds != null ? seeds : minutes != null ? SimPlan.SEED_MAX - first : SEEDS_DEFAULT;
        final long deadlineNs =
                startNs + (minutes == null ? TimeUnit.DAYS.toNanos(365) : TimeUnit.MINUTES.toNanos(minutes));
        plan(first);
        final List<SimReport> wrong = new ArrayList<>();
        final PrintWriter out = Out.of(spec);
        final SimTotals totals =
                SeedRuns.run(new SeedRuns.Options(first, count, scenario(), parallel, deadlineNs), report -> {
                    if (!report.isPassed()) {
                        wrong.add(report);
                        if (!common.json) {
                            out.println(wrong.size() <= FAILURES_SHOWN ? shown(report) : brief(report));
                        }
                    }
                });
        finish(totals, wrong, startNs);
        return wrong.isEmpty() && totals.seeds() > 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    private String shown(SimReport report) {
        return (noShrink || report.invariant() == null ? report : Shrinker.shrink(report)).describe();
    }

    private static String brief(SimReport report) {
        return "seed " + report.plan().seed() + ": " + report.verdict() + " " + report.invariant() + ", again: "
                + report.plan().command();
    }

    private void finish(SimTotals totals, List<SimReport> reports, long startNs) {
        if (totalsFile != null) {
            TotalsFile.add(totalsFile, SimTotalsJson.json(totals));
        }
        final double elapsedS = (System.nanoTime() - startNs) / 1e9;
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = SimTotalsJson.json(totals);
            node.put("elapsed_ms", (long) (elapsedS * 1_000));
            reports.stream().filter(report -> !report.isPassed()).forEach(report -> {
                final ObjectNode failure = node.withArray("failures").addObject();
                failure.put("seed", report.plan().seed());
                failure.put("scenario", report.plan().scenario().name());
                failure.put("verdict", report.verdict().name());
                failure.put("invariant", report.invariant());
                failure.put("message", report.sentence());
                failure.put("again", report.plan().command());
            });
            out.println(Output.line(node));
            return;
        }
        if (seed != null) {
            reports.forEach(report -> out.println(report.describe()));
        }
        out.println(String.format(
                Locale.ROOT,
                "%,d seeds: %,d passed, %,d failed, %,d void; %,.1f simulated hours in %,.0f s (%,.0f x real time)",
                totals.seeds(),
                totals.passed(),
                totals.failed(),
                totals.voids(),
                totals.simulatedMs() / 3_600_000.0,
                elapsedS,
                totals.simulatedMs() / 1_000.0 / elapsedS));
        out.println(String.format(
                Locale.ROOT,
                "%,d jobs finished, %,d messages, %,d lives of brokers, %,d invariants looked at; faults: %s",
                totals.jobs(),
                totals.messages(),
                totals.lives(),
                totals.checks(),
                SimTotalsJson.faults(totals)));
    }
}
