package io.silo.torture.image;

import io.silo.log.CycleStore;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * Settings of runs.
 *
 * @param directory where logs and images are made.
 * @param unitBytes what a disk writes whole: 4096, or 512 in the harder mode.
 * @param imagesMax of one run, a fifth of it for each opening; the moment that reaches it is finished.
 * @param liar planted by a test.
 * @param recovery planted by a test.
 * @param store decorates the store of the workload; planted by a test.
 */
record ImageOptions(
        Path directory,
        int unitBytes,
        long imagesMax,
        DiskShadow.Liar liar,
        Recovery recovery,
        UnaryOperator<CycleStore> store) {
    static final int SECTOR_BYTES = 512;

    static ImageOptions of(Path directory, boolean isSectors, long imagesMax) {
        return new ImageOptions(
                directory,
                isSectors ? SECTOR_BYTES : FileShadow.PAGE_BYTES,
                imagesMax,
                DiskShadow.Liar.NONE,
                Recovery.OF_THE_LOG,
                UnaryOperator.identity());
    }

    ImageOptions with(DiskShadow.Liar planted) {
        return new ImageOptions(directory, unitBytes, imagesMax, planted, recovery, store);
    }

    ImageOptions with(Recovery planted) {
        return new ImageOptions(directory, unitBytes, imagesMax, liar, planted, store);
    }

    ImageOptions with(UnaryOperator<CycleStore> planted) {
        return new ImageOptions(directory, unitBytes, imagesMax, liar, recovery, planted);
    }
}
