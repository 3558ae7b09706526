package io.silo.bench.run;

import io.silo.bench.SuiteEntry;
import io.silo.bench.git.GitCommit;
import io.silo.bench.history.BenchRun;
import io.silo.bench.history.BenchRun.Jvm;
import io.silo.bench.history.BenchRun.LeftOut;
import io.silo.bench.history.Machine;
import io.silo.bench.history.RunJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a suite against a build. What fails is left out of the run with its reason, and the rest goes on. One thread; minutes to hours.
 */
public final class BenchRunner {
    private static final DateTimeFormatter FILE_TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Path work;
    private final Path log;
    private final Consumer<String> progress;

    /**
     * @param work where logs are made and deleted again; its file system is the one that is measured. It is made if it is not there.
     * @param log what the measured processes print is appended to it.
     * @param progress is told what is begun, in a line.
     */
    public BenchRunner(Path work, Path log, Consumer<String> progress) {
        this.work = work.toAbsolutePath();
        this.log = log.toAbsolutePath();
        this.progress = progress;
    }

    /** Runs all of a suite. */
    public BenchRun run(Build build, BenchSuite suite) throws IOException, InterruptedException {
        Files.createDirectories(work);
        Files.createDirectories(log.getParent());
        // Benchmarks leave directories of their own behind.
        final Path place = Files.createTempDirectory(work, "run");
        try {
            return run(build, suite, place);
        } finally {
            Directories.delete(place);
        }
    }

    private BenchRun run(Build build, BenchSuite suite, Path place) throws IOException, InterruptedException {
        final Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        final Ratios ratios = new Ratios();
        final List<LeftOut> leftOut = new ArrayList<>();
        final JmhRunner jmh = new JmhRunner(place, log, !suite.name().equals(BenchSuite.TINY));
        for (SuiteEntry entry : suite.entries()) {
            progress.accept(entry.name());
            try {
                ratios.add(entry, jmh.run(build, entry));
            } catch (BenchException failed) {
                leftOut.add(new LeftOut(entry.name(), String.valueOf(failed.getMessage())));
            }
        }
        final LoadRunner loads = new LoadRunner(place, log);
        for (LoadCase load : suite.loads()) {
            progress.accept(load.benchmark());
            try {
                final LoadRunner.LoadScore score = loads.run(build, load, suite.loadRuns(), suite.loadSeconds());
                ratios.add(score.score(), score.baseline());
            } catch (BenchException failed) {
                leftOut.add(new LeftOut(load.benchmark(), String.valueOf(failed.getMessage())));
            }
        }
        return new BenchRun(
                started,
                suite.name(),
                build.commit(),
                Machine.here(place),
                jvm(build),
                ratios.scores,
                ratios.baselines,
                leftOut);
    }

    /** Writes a run into a directory, under a name of its time, commit and machine. */
    public static Path write(BenchRun run, Path directory) throws IOException {
        Files.createDirectories(directory);
        final String commit = run.commit().hash().substring(0, GitCommit.SHORT_DIGITS);
        final String name = FILE_TIME.format(run.started()) + "-" + commit + "-"
                + run.machine().id() + ".json";
        return Files.write(directory.resolve(name), RunJson.write(run));
    }

    private static Jvm jvm(Build build) {
        return new Jvm(
                System.getProperty("java.runtime.version", ""),
                System.getProperty("java.vendor", ""),
                build.flags().stream().filter(flag -> !flag.contains("=/")).toList());
    }
}
