package io.silo.tools;

import io.silo.bench.git.GitException;
import io.silo.bench.git.GitRepository;
import io.silo.bench.run.BenchException;
import io.silo.bench.run.BenchSuite;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Benchmarks, what they measured over time, and commits against each other. */
@Command(
        name = "bench",
        description = "Run the benchmarks, show what they measured from commit to commit, and compare two commits.",
        subcommands = {BenchRunCommand.class, BenchHistoryCommand.class, BenchCompareCommand.class})
final class BenchCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: run, history or compare");
        }
    }

    /** What run and compare have in common. */
    static final class SuiteOptions {
        @Option(
                names = "--suite",
                paramLabel = "NAME",
                description = "quick (default), full, or tiny, which shows that all of it runs and measures nothing.")
        String suite = "quick";

        @Option(
                names = "--filter",
                paramLabel = "REGEX",
                description = "Only what is found in the names of entries, as in log.append or load.durable.")
        @Nullable
        String filter;

        @Option(
                names = "--dir",
                paramLabel = "DIR",
                description = "Where logs are made; its file system is measured (default .cache/bench/work).")
        @Nullable
        Path directory;

        /** The suite that was asked for. */
        BenchSuite chosen(String command) {
            final String hint = "See: silo bench " + command + " --help";
            try {
                final BenchSuite all = BenchSuite.named(suite);
                final BenchSuite found = filter == null ? all : all.filtered(Pattern.compile(filter));
                if (found.isEmpty()) {
                    throw CommandFailure.usage("Nothing in the suite is found by '" + filter + "'.", hint);
                }
                return found;
            } catch (PatternSyntaxException wrong) {
                throw CommandFailure.usage(
                        "'" + filter + "' is no regular expression: " + wrong.getDescription() + ".", hint);
            } catch (IllegalArgumentException wrong) {
                throw CommandFailure.usage(String.valueOf(wrong.getMessage()), hint);
            }
        }

        /** The directory that is measured. */
        Path work(GitRepository git) {
            return directory == null ? cache(git).resolve("work") : directory;
        }
    }

    /** The repository around the working directory. */
    static GitRepository repository() {
        return GitRepository.around(Path.of("").toAbsolutePath())
                .orElseThrow(() -> new CommandFailure(
                        ExitCode.REFUSED,
                        "NO_REPOSITORY",
                        "Here is no git repository, and a run is of a commit.",
                        "Run it in a clone of Silo."));
    }

    /** What benchmarks leave behind; it can be deleted at any time. */
    static Path cache(GitRepository git) {
        return git.root().resolve(".cache").resolve("bench");
    }

    /** A reference that names no commit is a mistake of the user. */
    static CommandFailure unknown(GitException wrong) {
        return CommandFailure.usage(
                String.valueOf(wrong.getMessage()), "Name a commit, tag or branch: git log --oneline");
    }

    /** A commit that does not build has an exit code of its own. */
    static CommandFailure failed(BenchException failed) {
        return failed.isBuild()
                ? new CommandFailure(ExitCode.NOT_BUILT, "NOT_BUILT", String.valueOf(failed.getMessage()), "")
                : new CommandFailure(ExitCode.REFUSED, "BENCH", String.valueOf(failed.getMessage()), "");
    }

    /** Parameters for people. */
    static String shown(Map<String, String> params) {
        return new TreeMap<>(params)
                .entrySet().stream()
                        .map(param -> param.getKey() + "=" + param.getValue())
                        .collect(Collectors.joining(" "));
    }
}
