package io.silo.torture.image;

import io.silo.log.EventLog;
import io.silo.log.FaultPlan;
import io.silo.torture.image.ImageTotals.Count;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Recovers images and compares what is found with what was written and promised. One thread at a time. */
final class ImageVerifier {
    /** Images of one second crash. */
    private static final int SECOND_IMAGES = 4;

    private final ImageOptions options;
    private final ImageTotals totals;

    ImageVerifier(ImageOptions options, ImageTotals totals) {
        this.options = options;
        this.totals = totals;
    }

    /** What is done with an image besides opening and replaying it. */
    enum Depth {
        REPLAY,
        START,
        START_AND_CRASH
    }

    /**
     * Writes an image, checks it and removes it.
     *
     * @param boot of the recovery: that of the writer after a kill, another after a power loss.
     * @throws ImageFailure if a promise is broken; the image is kept then.
     */
    void check(
            DiskMoment moment,
            int[] choice,
            byte @Nullable [] stale,
            Path image,
            History.View view,
            boolean isKill,
            long boot,
            Depth depth,
            SplittableRandom random) {
        try {
            delete(image);
            moment.write(choice, image, stale, depth != Depth.REPLAY);
            Recovery.Found found = options.recovery().recover(image, Life.context(boot, 1));
            compare(found, view, isKill);
            totals.add(Count.IMAGES, 1);
            totals.add(Count.KILL_IMAGES, isKill ? 1 : 0);
            totals.add(Count.STALE_IMAGES, stale == null ? 0 : 1);
            if (depth != Depth.REPLAY) {
                goOn(image, found, view, boot, depth, random);
                totals.add(Count.STARTED_IMAGES, 1);
            }
            delete(image);
        } catch (ImageFailure e) {
            throw e;
        } catch (IOException | RuntimeException | AssertionError | OutOfMemoryError e) {
            throw new ImageFailure(image, (isKill ? "after a kill: " : "after a power loss: ") + e.getMessage(), e);
        }
    }

    /** Holds what a recovery found against what was written and promised. */
    void compare(Recovery.Found found, History.View view, boolean isKill) {
        expect(
                found.firstPosition() <= view.trimmedBefore(),
                "the log begins at position " + found.firstPosition() + ", but only records before "
                        + view.trimmedBefore() + " were trimmed");
        int at = 0;
        while (at < view.written().size() && view.written().get(at).position() < found.firstPosition()) {
            at++;
        }
        for (Written record : found.records()) {
            expect(at < view.written().size(), "position " + record.position() + " was found, but never written");
            Written written = view.written().get(at);
            expect(
                    record.position() == written.position(),
                    "position " + record.position() + " was found, but position " + written.position()
                            + " was written there");
            expect(record.isSame(written), "position " + record.position() + " was found with other bytes");
            at++;
        }
        totals.add(Count.RECORDS, found.records().size());
        if (at < view.written().size()) {
            long lost = view.written().get(at).position();
            expect(
                    lost > view.acknowledged(),
                    "position " + lost + " is lost, but durable was acknowledged up to " + view.acknowledged());
            expect(!isKill || lost > view.kept(), "position " + lost + " is lost by a kill");
            totals.add(Count.CUT_OFF, 1);
        }
    }

    /** Starts the log on the image, goes on with it, closes it and finds everything again. */
    private void goOn(
            Path image, Recovery.Found found, History.View view, long boot, Depth depth, SplittableRandom random)
            throws IOException {
        long end = found.records().isEmpty()
                ? EventLog.NULL_POSITION
                : found.records().get(found.records().size() - 1).position();
        History history = History.after(view, end);
        var shadow = new DiskShadow(image, DiskShadow.Liar.NONE);
        boolean isCrashing = depth == Depth.START_AND_CRASH;
        int[] left = {isCrashing ? 1 + random.nextInt(12) : 0};
        long draws = random.nextLong();
        var crash = new Thread[] {Thread.currentThread()};
        FaultPlan sites = site -> {
            if (Thread.currentThread() == crash[0] && left[0] > 0 && --left[0] == 0) {
                crashAgain(image, shadow, history, boot, new SplittableRandom(draws));
            }
        };
        shadow.sites(sites::at);
        var life = new Life(image, shadow, history, random, boot, sites, UnaryOperator.identity());
        boolean isDone = false;
        try {
            compare(life.replay(), view, false);
            life.start();
            expect(
                    life.log().shardEpoch() > view.highestEpoch(),
                    "the epoch " + life.log().shardEpoch() + " was given before");
            for (int i = 0; i < 3; i++) {
                life.append(1 + random.nextInt(3_000));
            }
            life.sync();
            life.append(10);
            if (isCrashing && left[0] > 0) {
                left[0] = 0;
                crashAgain(image, shadow, history, boot, random);
            }
            life.close();
            isDone = true;
        } finally {
            if (!isDone) {
                life.abandon();
            }
        }
        Recovery.Found again = options.recovery().recover(image, Life.context(boot, 1));
        compare(again, history.view(history.promises()), true);
        expect(
                !again.records().isEmpty()
                        && again.records().get(again.records().size() - 1).position() == history.lastWritten(),
                "what was appended after the recovery is lost");
    }

    private void crashAgain(Path image, DiskShadow shadow, History history, long boot, SplittableRandom random) {
        History.View promises = history.promises();
        DiskMoment moment = shadow.moment(options.unitBytes());
        History.View view = history.view(promises);
        for (int i = 0; i < SECOND_IMAGES; i++) {
            check(
                    moment,
                    moment.draw(random),
                    null,
                    image.resolveSibling(image.getFileName() + "-second"),
                    view,
                    false,
                    boot + 1,
                    Depth.REPLAY,
                    random);
            totals.add(Count.SECOND_IMAGES, 1);
        }
    }

    private static void expect(boolean isTrue, String sentence) {
        if (!isTrue) {
            throw new IllegalStateException(sentence);
        }
    }

    /** Removes a directory with all that is in it. */
    static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        var paths = new ArrayList<Path>();
        try (var walk = Files.walk(root)) {
            walk.sorted(Comparator.reverseOrder()).forEach(paths::add);
        }
        for (Path path : paths) {
            Files.deleteIfExists(path);
        }
    }
}
