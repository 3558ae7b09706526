package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.git.GitException;
import io.silo.bench.git.GitRepository;
import io.silo.bench.history.HistoryPage;
import io.silo.bench.history.RunFiles;
import io.silo.bench.history.RunFiles.Skipped;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Draws the history as a page. */
@Command(
        name = "history",
        description =
                "Draw the runs as one HTML page that loads nothing else. Exit code 1 if there is no run to show; the page then says how to make one.")
final class BenchHistoryCommand implements Callable<Integer> {
    private static final int DAYS_MAX = 36_500;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "30",
            description = "Commits of the last N days (default 30); 0 = all.")
    private int days;

    @Option(
            names = "--from",
            paramLabel = "DIR|REF",
            description = "A directory, or a commit that has runs in " + RunFiles.DIRECTORY
                    + ", as the branch bench-history (default: that directory here).")
    private @Nullable String from;

    @Option(names = "--output", paramLabel = "FILE", description = "The page (default .cache/bench/history.html).")
    private @Nullable Path output;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (days < 0 || days > DAYS_MAX) {
            throw CommandFailure.usage("--days is 0 to " + DAYS_MAX + ".", "See: silo bench history --help");
        }
        final Instant now = Instant.now();
        final RunFiles all = files();
        final RunFiles files = days == 0 ? all : all.since(now.minus(Duration.ofDays(days)));
        final Path page =
                output == null ? BenchCommand.cache(BenchCommand.repository()).resolve("history.html") : output;
        final Path directory = page.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Files.writeString(page, HistoryPage.of(files, days, now), StandardCharsets.UTF_8);
        print(files, page);
        return files.runs().isEmpty() ? ExitCode.REFUSED : ExitCode.OK;
    }

    private RunFiles files() throws IOException {
        if (from == null) {
            return RunFiles.read(BenchCommand.repository().root().resolve(RunFiles.DIRECTORY));
        }
        if (Files.isDirectory(Path.of(from))) {
            return RunFiles.read(Path.of(from));
        }
        final GitRepository git =
                GitRepository.around(Path.of("").toAbsolutePath()).orElse(null);
        if (git == null) {
            throw CommandFailure.usage("There is no directory '" + from + "'.", "See: silo bench history --help");
        }
        try {
            return RunFiles.read(git, from);
        } catch (GitException wrong) {
            throw CommandFailure.usage(
                    "'" + from + "' is neither a directory nor a commit.", "See: silo bench history --help");
        }
    }

    private void print(RunFiles files, Path page) {
        final PrintWriter out = Out.of(spec);
        final PrintWriter err = Out.errorOf(spec);
        for (Skipped file : files.skipped()) {
            err.println("skipped: " + file.file() + ": " + file.reason());
        }
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("page", page.toString());
            node.put("runs", files.runs().size());
            final ArrayNode skipped = node.putArray("skipped");
            files.skipped()
                    .forEach(
                            file -> skipped.addObject().put("file", file.file()).put("reason", file.reason()));
            out.println(Output.line(node));
        } else if (files.runs().isEmpty()) {
            out.println("no run to show; the page says how to make one: " + page);
        } else {
            out.println(files.runs().size() + " runs: " + page);
        }
    }
}
