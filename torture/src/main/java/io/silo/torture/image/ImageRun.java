package io.silo.torture.image;

import io.silo.log.EventLog;
import io.silo.torture.image.ImageTotals.Count;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One seed: a log on real files through several openings, with moments between its steps and in the middle of them, and the images of
 * each moment. Even seeds write little between moments and make every image that there is, odd ones write more and draw.
 *
 * <p>The seed decides the workload and the choices. When the log's helper thread comes by is not decided: which of its moments are
 * taken, and what of its work the others see, varies.
 */
final class ImageRun {
    /** Open pages of which every subset is made (12 of two states each). */
    private static final long COMBINATIONS_MAX = 1 << 12;

    private static final int DRAWN_IMAGES = 12;
    private static final int LIVES_MAX = 5;

    /** Boots are counted in such steps, to leave room for those of the images. */
    private static final long BOOT_STEP = 10;

    /** One image in so many is started, and one of two of these crashes again. */
    private static final int START_SHARE = 16;

    private final long seed;
    private final ImageOptions options;
    private final ImageTotals totals;
    private final ImageVerifier verifier;
    private final Path root;
    private final SplittableRandom random;
    private final SplittableRandom choices;
    private final Thread thread = Thread.currentThread();
    private final List<byte[]> museum = new ArrayList<>();
    private final Map<String, Integer> visits = new HashMap<>();
    private final boolean isExhaustive;
    private volatile @Nullable ImageFailure failure;
    private History history = new History();
    private DiskShadow shadow;
    private Path disk;
    private long boot = BOOT_STEP;
    private long lastSignature;
    private int images;
    private volatile long imagesLimit;

    ImageRun(long seed, ImageOptions options, ImageTotals totals) throws IOException {
        this.seed = seed;
        this.options = options;
        this.totals = totals;
        verifier = new ImageVerifier(options, totals);
        root = options.directory().resolve("seed-" + seed);
        random = new SplittableRandom(seed);
        choices = random.split();
        isExhaustive = (seed & 1) == 0;
        disk = root.resolve("life-0");
        ImageVerifier.delete(root);
        shadow = new DiskShadow(disk, options.liar());
    }

    /**
     * Runs it.
     *
     * @throws ImageFailure if an image breaks a promise.
     */
    void run() throws IOException {
        totals.add(Count.RUNS, 1);
        shadow.sites(this::at);
        boolean isWhole = true;
        for (int i = 0; i < LIVES_MAX; i++) {
            imagesLimit = options.imagesMax() * (i + 1) / LIVES_MAX;
            Life life = null;
            try {
                life = new Life(disk, shadow, history, random.split(), boot, this::at, options.store());
                verifier.compare(life.replay(), history.view(history.promises()), isWhole);
                life.start();
                live(life);
                isWhole = end(life, i);
            } catch (RuntimeException | Error e) {
                if (life != null) {
                    life.abandon();
                }
                ImageFailure first = failure;
                throw first != null ? first : new ImageFailure(disk, "the workload itself failed: " + e, e);
            }
        }
        ImageVerifier.delete(root);
    }

    private void live(Life life) {
        int steps = isExhaustive ? 60 : 150;
        int lengthMax = isExhaustive ? 1 + random.nextInt(3_000) : 1 + random.nextInt(9_000);
        for (int i = 0; i < steps; i++) {
            switch (random.nextInt(16)) {
                case 0, 1, 2 -> life.sync();
                case 3 -> life.syncBeside();
                case 4 -> life.work(random.nextInt(150_000_000));
                case 5 -> {
                    if (random.nextInt(3) == 0) {
                        life.trim();
                    }
                }
                case 6, 7 -> life.write();
                case 8 -> life.append(1 + random.nextInt(random.nextInt(8) == 0 ? 100_000 : lengthMax));
                default -> life.append(1 + random.nextInt(lengthMax));
            }
            at("step");
        }
    }

    /** Ends the opening in one of three ways; whether everything that was appended must be found again. */
    private boolean end(Life life, int number) throws IOException {
        museum.addAll(shadow.contents());
        while (museum.size() > 16) {
            museum.remove(0);
        }
        switch (random.nextInt(3)) {
            case 0 -> {
                life.close();
                at("closed");
                return true;
            }
            case 1 -> {
                life.abandon();
                history.killed();
                at("killed");
                return true;
            }
            default -> {
                DiskMoment moment = shadow.moment(options.unitBytes());
                History.View view = history.view(history.promises());
                life.abandon();
                Path next = root.resolve("life-" + (number + 1));
                moment.write(moment.draw(choices), next, null, true);
                boot += BOOT_STEP;
                List<Written> found =
                        options.recovery().recover(next, Life.context(boot, 1)).records();
                long end = found.isEmpty()
                        ? EventLog.NULL_POSITION
                        : found.get(found.size() - 1).position();
                verifier.compare(
                        new Recovery.Found(
                                found.isEmpty()
                                        ? view.trimmedBefore()
                                        : found.get(0).position(),
                                found),
                        view,
                        false);
                history = History.after(view, Math.max(end, found.isEmpty() ? view.acknowledged() : end));
                ImageVerifier.delete(disk);
                disk = next;
                shadow = new DiskShadow(disk, options.liar());
                shadow.sites(this::at);
                return false;
            }
        }
    }

    /** A site is reached: perhaps a moment is taken. The log's threads, one moment at a time. */
    private synchronized void at(String site) {
        if (failure != null || images >= imagesLimit) {
            return;
        }
        int visit = visits.merge(site, 1, Integer::sum);
        boolean isOwn = Thread.currentThread() == thread;
        SplittableRandom drawn = isOwn ? choices : new SplittableRandom(seed ^ (31L * site.hashCode() + visit));
        // Every first visit of a site, then fewer: appends come by the hundred, rolls by the dozen.
        boolean isRare = !site.equals("log.append") && !site.equals("step") && !site.equals("disk.file");
        if (visit > 2 && drawn.nextInt(isRare ? 2 : 3) != 0) {
            return;
        }
        try {
            take(site, isOwn, drawn);
        } catch (ImageFailure e) {
            failure = e;
            throw e;
        }
    }

    private void take(String site, boolean isOwn, SplittableRandom drawn) {
        History.View promises = history.promises();
        DiskMoment moment = shadow.moment(options.unitBytes());
        History.View view = history.view(promises);
        long signature = moment.signature() * 31
                + view.acknowledged() * 17
                + view.written().size();
        if (signature == lastSignature) {
            return;
        }
        lastSignature = signature;
        totals.add(Count.MOMENTS, 1);
        if (isOwn) {
            image(site, moment, moment.live(), null, view, true, drawn);
        }
        long combinations = moment.combinations(COMBINATIONS_MAX);
        if (isExhaustive && combinations <= COMBINATIONS_MAX) {
            int[] choice = new int[moment.radices().length];
            do {
                image(site, moment, choice, null, view, false, drawn);
                totals.add(Count.EXHAUSTIVE_IMAGES, 1);
            } while (moment.advance(choice));
        } else {
            for (long i = Math.min(combinations, DRAWN_IMAGES); i > 0; i--) {
                image(site, moment, moment.draw(drawn), null, view, false, drawn);
            }
        }
        byte[] stale = stale(drawn);
        if (stale != null) {
            image(site, moment, moment.draw(drawn), stale, view, false, drawn);
            image(site, moment, moment.live(), stale, view, false, drawn);
        }
    }

    private void image(
            String site,
            DiskMoment moment,
            int[] choice,
            byte @Nullable [] stale,
            History.View view,
            boolean isKill,
            SplittableRandom drawn) {
        int share = drawn.nextInt(START_SHARE * 2);
        ImageVerifier.Depth depth = share == 0
                ? ImageVerifier.Depth.START
                : share == 1 ? ImageVerifier.Depth.START_AND_CRASH : ImageVerifier.Depth.REPLAY;
        images++;
        totals.add(Count.NAME_IMAGES, moment.isNameLost(choice) ? 1 : 0);
        try {
            verifier.check(
                    moment,
                    choice,
                    stale,
                    root.resolve("image"),
                    view,
                    isKill,
                    isKill ? boot : boot + 1,
                    depth,
                    drawn.split());
        } catch (ImageFailure e) {
            throw new ImageFailure(e.image(), "at site " + site + ", image " + images + ", " + e.getMessage(), e);
        }
    }

    /** Documents that this shard really wrote, in another cycle or before they were cut off; null now and then. */
    private byte @Nullable [] stale(SplittableRandom drawn) {
        List<byte[]> sources = museum.isEmpty() || drawn.nextBoolean() ? shadow.contents() : museum;
        if (sources.isEmpty()) {
            return null;
        }
        byte[] source = sources.get(drawn.nextInt(sources.size()));
        List<Integer> starts = DiskMoment.Documents.starts(source);
        // The first two say whose cycle it is.
        if (starts.size() < 4) {
            return null;
        }
        int from = starts.get(2 + drawn.nextInt(starts.size() - 2));
        return Arrays.copyOfRange(source, from, DiskMoment.Documents.end(source));
    }

    /** What is left of a run that failed is its log and the image. */
    static void run(long seed, ImageOptions options, ImageTotals totals) {
        try {
            Files.createDirectories(options.directory());
            new ImageRun(seed, options, totals).run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
