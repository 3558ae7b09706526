package io.silo.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BacklogAgeTest {
    private static final long WINDOW = 1_000;

    private final BacklogAge age = new BacklogAge(WINDOW, 0);

    @Test
    void shouldKnowNothingOlderThanTheLastTimeItWasEmpty() {
        age.onRead(10, true, 500);
        assertThat(age.ageNs(700)).isEqualTo(200);
        age.onRead(20, false, 800);
        assertThat(age.ageNs(900)).isEqualTo(400);
    }

    /** A stream that is full all the time is never empty, and yet all that is in it was written one window ago. */
    @Test
    void shouldKnowThatASenderIsNoFurtherAheadThanItsWindow() {
        for (long read = 1; read <= 100; read++) {
            age.onRead(read * 100, false, read * 10);
        }
        // A window takes 100 to read; marks stand one apart.
        assertThat(age.ageNs(1_000)).isBetween(100L, 200L);
    }

    @Test
    void shouldGrowWhileNothingIsRead() {
        age.onRead(10, true, 500);
        age.onRead(10, false, 5_000);
        assertThat(age.ageNs(10_000)).isEqualTo(9_500);
    }

    /** Never below the true age of the oldest message, and no more than the time of two windows above it where the stream is full. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void shouldBoundTheTrueAge(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ArrayDeque<long[]> unread = new ArrayDeque<>();
        long written = 0;
        long read = 0;
        for (long now = 1; now < 20_000; now++) {
            while (written - read + 50 < WINDOW && random.nextInt(100) < 30 + 60 * ((now / 2_000) % 2)) {
                written += 50;
                unread.add(new long[] {written, now});
            }
            long readNow = random.nextInt(3) * 50L;
            while (readNow > 0 && !unread.isEmpty()) {
                read = unread.poll()[0];
                readNow -= 50;
            }
            age.onRead(read, unread.isEmpty(), now);
            if (!unread.isEmpty()) {
                assertThat(age.ageNs(now)).isGreaterThanOrEqualTo(now - unread.peek()[1]);
            }
        }
    }
}
