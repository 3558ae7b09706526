package io.silo.bench.run;

import io.silo.bench.Effort;
import io.silo.bench.SuiteEntry;
import io.silo.bench.history.BenchRun.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs an entry of a suite by the command line of JMH that lies in a build, so that an old commit is measured by its own benchmarks. One
 * thread.
 */
final class JmhRunner {
    private static final String MAIN = "org.openjdk.jmh.Main";
    private static final int TIMEOUT_S = 3 * 3_600;

    private final Path work;
    private final Path log;
    private final boolean isAlone;

    /**
     * @param work where benchmarks make their files.
     * @param log what JMH prints is appended to it.
     * @param isAlone false if other benchmarks may run on the machine at the same time.
     */
    JmhRunner(Path work, Path log, boolean isAlone) {
        this.work = work;
        this.log = log;
        this.isAlone = isAlone;
    }

    /**
     * The scores of an entry.
     *
     * @throws BenchException if the build has no such benchmark, or if all of them failed.
     */
    List<Score> run(Build build, SuiteEntry entry) throws IOException, InterruptedException {
        final Path result = Files.createTempFile(work, "jmh", ".json");
        // JMH holds a lock of the machine, so that no two runs measure each other.
        final List<String> lock = isAlone ? List.of() : List.of("-Djmh.ignoreLock=true");
        final List<String> command = build.java(lock, MAIN, arguments(entry, result));
        try (ChildProcess jmh = ChildProcess.start(command, work, Map.of(), log)) {
            final int exitCode = jmh.await(TIMEOUT_S);
            final List<Score> scores = Files.size(result) == 0 ? List.of() : JmhResults.read(result, entry);
            if (scores.isEmpty()) {
                throw BenchException.ofBenchmark(
                        exitCode == -1
                                ? "It took more than " + TIMEOUT_S + " s."
                                : "It has no such benchmark, or it failed.");
            }
            return scores;
        } finally {
            Files.deleteIfExists(result);
        }
    }

    private static List<String> arguments(SuiteEntry entry, Path result) {
        final Effort effort = entry.effort();
        final List<String> arguments =
                new ArrayList<>(List.of(entry.include(), "-bm", entry.mode().shortLabel()));
        arguments.addAll(List.of("-f", Integer.toString(effort.forks())));
        arguments.addAll(List.of("-wi", Integer.toString(effort.warmUps())));
        arguments.addAll(List.of("-i", Integer.toString(effort.measurements())));
        arguments.addAll(List.of("-w", effort.iterationMs() + "ms", "-r", effort.iterationMs() + "ms"));
        arguments.addAll(List.of("-rf", "json", "-rff", result.toString()));
        entry.params()
                .forEach((name, values) -> arguments.addAll(List.of("-p", name + "=" + String.join(",", values))));
        return arguments;
    }
}
