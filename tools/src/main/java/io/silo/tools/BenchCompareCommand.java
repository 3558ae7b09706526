package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.git.GitCommit;
import io.silo.bench.git.GitException;
import io.silo.bench.git.GitRepository;
import io.silo.bench.history.BenchRun;
import io.silo.bench.run.BenchException;
import io.silo.bench.run.BenchRunner;
import io.silo.bench.run.BenchSuite;
import io.silo.bench.run.Build;
import io.silo.bench.run.CommitBuilder;
import io.silo.bench.run.Comparison;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures two commits in turns. */
@Command(
        name = "compare",
        description =
                "Build two commits, run their benchmarks in turns, and say what B is to A. Exit code 5 if one does not build.")
final class BenchCompareCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final BenchCommand.SuiteOptions options = new BenchCommand.SuiteOptions();

    @Parameters(index = "0", paramLabel = "A", description = "Commit, tag or branch that is the measure.")
    private String first = "";

    @Parameters(index = "1", paramLabel = "B", description = "The one that is measured; the same shows the noise.")
    private String second = "";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "8",
            description = "How often each is run (default 8); with fewer than 2 nothing can be told.")
    private int rounds;

    @Option(names = "--output", paramLabel = "FILE", description = "Write all scores as JSON too.")
    private @Nullable Path output;

    @Option(names = "--keep", description = "Keep the work trees that the commits are built in.")
    private boolean keeps;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1 || rounds > Comparison.ROUNDS_MAX) {
            throw CommandFailure.usage(
                    "--rounds is 1 to " + Comparison.ROUNDS_MAX + ".", "See: silo bench compare --help");
        }
        final BenchSuite suite = options.chosen("compare");
        final GitRepository git = BenchCommand.repository();
        final PrintWriter err = Out.errorOf(spec);
        final CommitBuilder builder = new CommitBuilder(git, BenchCommand.cache(git), keeps);
        final Build a;
        final Build b;
        try {
            // Both are looked up before the first is built, which takes minutes.
            final GitCommit commitA = git.commit(first);
            final GitCommit commitB = git.commit(second);
            a = build(builder, commitA, err);
            b = build(builder, commitB, err);
        } catch (GitException wrong) {
            throw BenchCommand.unknown(wrong);
        } catch (BenchException failed) {
            throw BenchCommand.failed(failed);
        }
        final Path log = BenchCommand.cache(git).resolve("compare.log");
        final BenchRunner runner = new BenchRunner(options.work(git), log, what -> {});
        final Comparison result = Comparison.run(runner, a, b, suite, rounds, what -> {
            err.println(what);
            err.flush();
        });
        final ObjectNode json = json(result);
        if (output != null) {
            Files.writeString(output, Output.pretty(json) + "\n", StandardCharsets.UTF_8);
        }
        if (common.json) {
            Out.of(spec).println(Output.line(json));
        } else {
            print(result);
        }
        if (result.rows().isEmpty()) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "BENCH",
                    "The two have no benchmark that both could run.",
                    "What was printed is in " + log + ".");
        }
        return ExitCode.OK;
    }

    private static Build build(CommitBuilder builder, GitCommit commit, PrintWriter err)
            throws IOException, InterruptedException {
        err.println("build of " + commit.shortHash() + " " + commit.subject());
        err.flush();
        return builder.build(commit);
    }

    private void print(Comparison result) {
        final PrintWriter out = Out.of(spec);
        out.println("A " + named(result.a()));
        out.println("B " + named(result.b()));
        out.println(String.format(
                Locale.ROOT,
                "%-28s %-36s %14s %14s %-13s %7s  %-17s %s",
                "benchmark",
                "parameters",
                "A",
                "B",
                "unit",
                "B/A",
                "99 % interval",
                "B is"));
        for (Comparison.Row row : result.rows()) {
            final String interval = rounds < 2
                    ? "unknown"
                    : String.format(
                            Locale.ROOT,
                            "%.3f to %.3f",
                            row.ratio().low(),
                            row.ratio().high());
            out.println(String.format(
                    Locale.ROOT,
                    "%-28s %-36s %,14.2f %,14.2f %-13s %7.3f  %-17s %s",
                    row.benchmark(),
                    row.params(),
                    Comparison.mean(row.scoresA()),
                    Comparison.mean(row.scoresB()),
                    row.unit(),
                    row.ratio().value(),
                    interval,
                    row.verdict().text()));
        }
        result.leftOut().forEach(row -> out.println("left out: " + row.benchmark() + ": " + row.reason()));
    }

    private static String named(BenchRun.Commit commit) {
        return commit.hash().substring(0, GitCommit.SHORT_DIGITS) + " " + commit.subject();
    }

    private static ObjectNode json(Comparison result) {
        final ObjectNode node = Output.object();
        commit(node.putObject("a"), result.a());
        commit(node.putObject("b"), result.b());
        node.put("machine", result.machine().id());
        node.put("rounds", result.rounds());
        final ArrayNode rows = node.putArray("rows");
        for (Comparison.Row row : result.rows()) {
            final ObjectNode one = rows.addObject();
            one.put("benchmark", row.benchmark());
            one.put("params", row.params());
            one.put("unit", row.unit());
            scores(one.putArray("a"), row.scoresA());
            scores(one.putArray("b"), row.scoresB());
            one.put("ratio", row.ratio().value());
            if (row.scoresA().size() > 1) {
                one.put("low", row.ratio().low());
                one.put("high", row.ratio().high());
            }
            one.put("verdict", row.verdict().text());
        }
        final ArrayNode leftOut = node.putArray("left_out");
        result.leftOut()
                .forEach(row ->
                        leftOut.addObject().put("benchmark", row.benchmark()).put("reason", row.reason()));
        return node;
    }

    private static void commit(ObjectNode node, BenchRun.Commit commit) {
        node.put("hash", commit.hash());
        node.put("subject", commit.subject());
    }

    private static void scores(ArrayNode node, List<Double> scores) {
        scores.forEach(node::add);
    }
}
