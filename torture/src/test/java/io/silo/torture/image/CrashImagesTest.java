package io.silo.torture.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.torture.image.ImageTotals.Count;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few hundred images of each kind in every build; {@code ./silo torture crash-images} makes as many as there is time for. */
class CrashImagesTest {
    private static final long IMAGES_MAX = 200;

    @TempDir
    private Path directory;

    @AfterEach
    void remove() throws IOException {
        ImageVerifier.delete(TestDirectory.in(directory));
    }

    @Test
    void shouldFindEverythingThatWasPromised() {
        var totals = new ImageTotals();
        for (long seed = 1; seed <= 4; seed++) {
            ImageRun.run(seed, ImageOptions.of(TestDirectory.in(directory), seed > 2, IMAGES_MAX), totals);
        }
        assertThat(totals.isVoid()).isFalse();
        for (Count count : Count.values()) {
            assertThat(totals.get(count)).as(count.label()).isPositive();
        }
    }
}
