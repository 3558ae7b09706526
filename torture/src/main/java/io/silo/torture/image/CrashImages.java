package io.silo.torture.image;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs of the crash image tester: each seed writes a log with the store of production, on real files, and recovers what power losses and
 * kills may leave of it.
 */
public final class CrashImages {
    /** Images of one seed, so that a run of minutes sees many. */
    private static final long IMAGES_PER_SEED_MAX = 1_500;

    private final ImageOptions options;
    private final ImageTotals totals = new ImageTotals();
    private final AtomicReference<@Nullable Failed> failed = new AtomicReference<>();

    /** A seed that broke a promise, and the image that shows it. */
    public record Failed(long seed, Path image, String sentence, Throwable cause) {}

    /**
     * Sets it up.
     *
     * @param directory for logs and images; best one in memory.
     * @param isSectors whether a disk writes 512 bytes whole, or 4096.
     */
    public CrashImages(Path directory, boolean isSectors) {
        options = ImageOptions.of(directory, isSectors, IMAGES_PER_SEED_MAX);
    }

    /** Runs one seed. */
    public void one(long seed) {
        try {
            ImageRun.run(seed, options, totals);
        } catch (ImageFailure e) {
            failed.compareAndSet(null, new Failed(seed, e.image(), String.valueOf(e.getMessage()), e));
        }
    }

    /** Runs seeds from the first on until the time is over or one fails; a seed that was begun is finished. */
    public void many(long firstSeed, long durationNs, int parallel) throws InterruptedException {
        long beginNs = System.nanoTime();
        var next = new AtomicLong(firstSeed);
        var threads = new Thread[parallel];
        for (int i = 0; i < parallel; i++) {
            threads[i] = new Thread(
                    () -> {
                        while (failed.get() == null && System.nanoTime() - beginNs < durationNs) {
                            one(next.getAndIncrement());
                        }
                    },
                    "crash-images-" + i);
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** What was done so far. */
    public ImageTotals totals() {
        return totals;
    }

    /** The first failure, or null. */
    public @Nullable Failed failed() {
        return failed.get();
    }
}
