package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.server.ServerLogging;
import io.silo.torture.image.CrashImages;
import io.silo.torture.image.ImageTotals;
import io.silo.torture.image.ImageTotals.Count;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Builds crash images of real log files and recovers each. */
@Command(
        name = "crash-images",
        description =
                "Write logs, build what a power loss or a kill may leave of their files at any moment, and recover"
                        + " each. Exit code 1 if something promised is lost, or if the run did too little to show anything.")
final class CrashImagesCommand implements Callable<Integer> {
    private static final long SECONDS_DEFAULT = 60;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--seconds", paramLabel = "S", description = "Begin no seed after so many seconds (default 60).")
    private @Nullable Long seconds;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Run this seed alone; with --seconds the first of many (default: by the clock).")
    private @Nullable Long seed;

    @Option(names = "--sectors", description = "Let single sectors of 512 bytes be lost, not only pages of 4096.")
    private boolean isSectors;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description =
                    "Where logs and images are made; best in memory (default: the directory for temporary files).")
    private @Nullable Path directory;

    @Option(names = "--jobs", paramLabel = "J", description = "Seeds side by side (default: one a processor).")
    private int parallel = Runtime.getRuntime().availableProcessors();

    @Option(names = "--totals", paramLabel = "FILE", description = "Add what was run to the totals in this file.")
    private @Nullable Path totalsFile;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (parallel < 1 || seconds != null && seconds < 1) {
            throw CommandFailure.usage("--seconds and --jobs are at least 1.", "See: silo torture crash-images --help");
        }
        // What torn logs are warned of is meant to happen.
        ServerLogging.quiet("io.silo.log");
        final Path parent = directory == null ? Path.of(System.getProperty("java.io.tmpdir")) : directory;
        Files.createDirectories(parent);
        final Path root = Files.createTempDirectory(parent, "silo-crash-images-");
        final CrashImages images = new CrashImages(root, isSectors);
        final long startNs = System.nanoTime();
        if (seed != null && seconds == null) {
            images.one(seed);
        } else {
            final long first = seed != null ? seed : System.currentTimeMillis() % (1L << 40);
            images.many(first, TimeUnit.SECONDS.toNanos(seconds == null ? SECONDS_DEFAULT : seconds), parallel);
        }
        final CrashImages.Failed failed = images.failed();
        if (failed == null) {
            Files.delete(root);
        }
        finish(images, (System.nanoTime() - startNs) / 1e9);
        return failed == null && !images.totals().isVoid() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void finish(CrashImages images, double elapsedS) {
        final ImageTotals totals = images.totals();
        final CrashImages.Failed failed = images.failed();
        final ObjectNode numbers = Output.object();
        for (Count count : Count.values()) {
            numbers.put(count.label(), totals.get(count));
        }
        numbers.put("failed", failed == null ? 0 : 1);
        numbers.put("void", totals.isVoid() ? 1 : 0);
        if (totalsFile != null) {
            final ObjectNode file = Output.object();
            file.set("crash_images", numbers.deepCopy());
            TotalsFile.add(totalsFile, file);
        }
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            numbers.put("elapsed_ms", (long) (elapsedS * 1_000));
            if (failed != null) {
                final ObjectNode failure = numbers.putObject("failure");
                failure.put("seed", failed.seed());
                failure.put("message", failed.sentence());
                failure.put("image", failed.image().toString());
                failure.put("again", again(failed.seed()));
            }
            out.println(Output.line(numbers));
            return;
        }
        for (Count count : Count.values()) {
            out.println(String.format(
                    Locale.ROOT, "%,12d %s", totals.get(count), count.label().replace('_', ' ')));
        }
        out.println(
                String.format(Locale.ROOT, "%,.0f s, %,.0f images/s", elapsedS, totals.get(Count.IMAGES) / elapsedS));
        if (failed != null) {
            out.println("FAILED: seed " + failed.seed() + ": " + failed.sentence());
            out.println("image:  " + failed.image());
            out.println("again:  " + again(failed.seed()));
        } else if (totals.isVoid()) {
            out.println("VOID: too little was done to show anything; give it more seconds.");
        }
    }

    private String again(long failedSeed) {
        return "./silo torture crash-images --seed " + failedSeed + (isSectors ? " --sectors" : "");
    }
}
