package io.silo.bench.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.bench.history.ChangePoints.Change;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChangePointsTest {
    private static final int SEEDS = 200;

    @ParameterizedTest
    @CsvSource({"5,5", "5,30", "30,5", "12,12", "40,40"})
    void shouldFindAStepOfTenPercentInThreePercentNoise(int before, int after) {
        for (double factor : new double[] {1.1, 1 / 1.1}) {
            final long found = IntStream.range(0, SEEDS)
                    .filter(seed -> ChangePoints.find(series(seed, 0.03, before, after, factor)).stream()
                            .anyMatch(change ->
                                    Math.abs(change.index() - before) <= 1 && change.factor() > 1 == factor > 1))
                    .count();
            assertThat(found).as("of %d series with %f", SEEDS, factor).isGreaterThan(SEEDS * 80 / 100);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20, 60})
    void shouldFindNothingInNoise(int length) {
        for (double noise : new double[] {0.01, 0.03, 0.1}) {
            for (int seed = 0; seed < 20; seed++) {
                assertThat(ChangePoints.find(series(seed, noise, length, 0, 1)))
                        .as("seed %d", seed)
                        .isEmpty();
            }
            final double level = noise;
            final long alarms = IntStream.range(0, SEEDS)
                    .filter(seed -> !ChangePoints.find(series(seed, level, length, 0, 1))
                            .isEmpty())
                    .count();
            assertThat(alarms).as("noise %f", noise).isLessThanOrEqualTo(SEEDS / 50);
        }
    }

    @Test
    void shouldNotTakeASteadyDriftForAStep() {
        for (int seed = 0; seed < 20; seed++) {
            final double[] series = series(seed, 0.03, 40, 0, 1);
            for (int i = 0; i < series.length; i++) {
                series[i] *= 1 + 0.02 * i;
            }
            assertThat(ChangePoints.find(series)).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void shouldFindEachOfTwoStepsWithTheirFactors() {
        final double[] series = new double[36];
        for (int i = 0; i < series.length; i++) {
            series[i] = (i < 12 || i >= 24 ? 100 : 80) + i % 3;
        }

        final List<Change> changes = ChangePoints.find(series);

        assertThat(changes).extracting(Change::index).containsExactly(12, 24);
        assertThat(changes.get(0).factor()).isBetween(0.78, 0.83);
        assertThat(changes.get(1).factor()).isBetween(1.2, 1.27);
        assertThat(changes)
                .allSatisfy(change -> assertThat(change.probability()).isLessThan(ChangePoints.FALSE_ALARM));
    }

    @Test
    void shouldNotTakeOneOutlierOrAShortSeriesForAStep() {
        final double[] outlier = series(1, 0.01, 30, 0, 1);
        outlier[15] *= 0.5;
        assertThat(ChangePoints.find(outlier)).isEmpty();
        assertThat(ChangePoints.find(series(1, 0.01, 4, 5, 2))).isEmpty();
        assertThat(ChangePoints.find(new double[0])).isEmpty();
    }

    @Test
    void shouldBearWhatNoBenchmarkScores() {
        final double[] same = new double[20];
        assertThat(ChangePoints.find(same)).as("zeros").isEmpty();
        java.util.Arrays.fill(same, 7);
        assertThat(ChangePoints.find(same)).as("no noise at all").isEmpty();
        java.util.Arrays.fill(same, 10, 20, 14);
        assertThat(ChangePoints.find(same)).extracting(Change::index).containsExactly(10);
        same[3] = Double.NaN;
        assertThat(ChangePoints.find(same)).as("not a number").isEmpty();
    }

    private static double[] series(long seed, double noise, int before, int after, double factor) {
        final Random random = new Random(seed);
        return IntStream.range(0, before + after)
                .mapToDouble(i -> 100_000 * (i < before ? 1 : factor) * (1 + noise * random.nextGaussian()))
                .toArray();
    }
}
