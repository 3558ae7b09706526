package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.git.GitCommit;
import io.silo.bench.git.GitException;
import io.silo.bench.git.GitRepository;
import io.silo.bench.history.BenchRun;
import io.silo.bench.history.BenchRun.Ratio;
import io.silo.bench.history.BenchRun.Score;
import io.silo.bench.history.RunFiles;
import io.silo.bench.run.BenchException;
import io.silo.bench.run.BenchRunner;
import io.silo.bench.run.BenchSuite;
import io.silo.bench.run.Build;
import io.silo.bench.run.CommitBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a suite and writes what it measured as a file of the history. */
@Command(
        name = "run",
        description =
                "Run JMH benchmarks and loads, and write the scores as one JSON file. Exit code 1 if nothing could be measured, 5 if the commit does not build.")
final class BenchRunCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final BenchCommand.SuiteOptions options = new BenchCommand.SuiteOptions();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where the file is put (default " + RunFiles.DIRECTORY + ").")
    private @Nullable Path output;

    @Option(names = "--fork", paramLabel = "N", description = "Processes for each row of JMH (default: by the suite).")
    private @Nullable Integer forks;

    @Option(
            names = "--commit",
            paramLabel = "REF",
            description = "Build and measure this commit instead of what is running, by the benchmarks that it has.")
    private @Nullable String reference;

    @Option(names = "--keep", description = "Keep the work tree that --commit is built in.")
    private boolean keeps;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (forks != null && (forks < 1 || forks > 20)) {
            throw CommandFailure.usage("--fork is 1 to 20.", "See: silo bench run --help");
        }
        final BenchSuite chosen = options.chosen("run");
        final BenchSuite suite = forks == null ? chosen : chosen.withForks(forks);
        final GitRepository git = BenchCommand.repository();
        final PrintWriter err = Out.errorOf(spec);
        final Path log = BenchCommand.cache(git).resolve("run.log");
        final BenchRunner runner = new BenchRunner(options.work(git), log, what -> {
            err.println(what);
            err.flush();
        });
        final BenchRun run = runner.run(build(git, err), suite);
        if (run.scores().isEmpty()) {
            throw new CommandFailure(
                    ExitCode.REFUSED, "BENCH", "Nothing could be measured.", "What was printed is in " + log + ".");
        }
        final Path file = BenchRunner.write(run, output == null ? git.root().resolve(RunFiles.DIRECTORY) : output);
        print(run, file, log);
        return ExitCode.OK;
    }

    private Build build(GitRepository git, PrintWriter err) throws IOException, InterruptedException {
        if (reference == null) {
            return running(git);
        }
        try {
            final GitCommit commit = git.commit(reference);
            err.println("build of " + commit.shortHash() + " " + commit.subject());
            err.flush();
            return new CommitBuilder(git, BenchCommand.cache(git), keeps).build(commit);
        } catch (GitException wrong) {
            throw BenchCommand.unknown(wrong);
        } catch (BenchException failed) {
            throw BenchCommand.failed(failed);
        }
    }

    /** What runs this command. */
    private static Build running(GitRepository git) throws IOException {
        final GitCommit commit = git.commit("HEAD");
        final List<String> lines;
        try (InputStream flags = SiloCommand.class.getResourceAsStream("/silo-jvm-flags")) {
            lines = new String(Objects.requireNonNull(flags).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        return new Build(
                new BenchRun.Commit(commit.hash(), commit.subject(), commit.date(), git.isDirty()),
                System.getProperty("java.class.path"),
                Build.jvmFlags(lines, Runtime.version().feature()),
                SiloCommand.class.getName());
    }

    private void print(BenchRun run, Path file, Path log) {
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("file", file.toString());
            node.put("scores", run.scores().size());
            node.put("baselines", run.baselines().size());
            node.put("left_out", run.leftOut().size());
            out.println(Output.line(node));
            return;
        }
        Stream.concat(run.scores().stream(), run.baselines().stream()).forEach(score -> print(out, score));
        run.leftOut().forEach(row -> out.println("left out: " + row.benchmark() + ": " + row.reason()));
        if (!run.leftOut().isEmpty()) {
            out.println("what was printed is in " + log);
        }
        out.println("written: " + file);
    }

    private static void print(PrintWriter out, Score score) {
        final Double error = score.figures().error();
        final Ratio ratio = score.ratio();
        out.println(String.format(
                Locale.ROOT,
                "%-28s %-44s %,14.2f %-12s %-14s %s",
                score.benchmark(),
                BenchCommand.shown(score.params()),
                score.figures().score(),
                score.unit(),
                error == null ? "" : String.format(Locale.ROOT, "± %,.2f", error),
                ratio == null ? "" : String.format(Locale.ROOT, "%.3f of %s", ratio.value(), ratio.baseline())));
    }
}
