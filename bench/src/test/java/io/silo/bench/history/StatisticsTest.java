package io.silo.bench.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.silo.bench.history.BenchRun.Figures;
import io.silo.bench.history.BenchRun.Ratio;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void shouldKnowTheIntervalsOfTheTextbook() {
        // t(4; 97.5 %) = 2.776, standard deviation 1.581
        assertThat(Statistics.halfInterval(List.of(1.0, 2.0, 3.0, 4.0, 5.0), 0.95))
                .isCloseTo(1.963, within(0.001));
        assertThat(Statistics.halfInterval(List.of(1.0), 0.95)).isNull();
    }

    @Test
    void shouldHoldTheTrueRatioInAboutNineteenOfTwentyIntervals() {
        final Random random = new Random(7);
        final int tries = 2_000;
        final long held = IntStream.range(0, tries)
                .filter(i -> {
                    final Figures score = drawn(random, 300);
                    final Figures base = drawn(random, 200);
                    final Ratio ratio = Statistics.ratio("base", score, base);
                    return ratio != null && ratio.low() <= 1.5 && ratio.high() >= 1.5;
                })
                .count();
        // Adding half intervals as squares is on the safe side with few samples.
        assertThat(held / (double) tries).isBetween(0.94, 0.995);
    }

    @Test
    void shouldGiveNoRatioToNothing() {
        final Figures none = Statistics.figures(List.of(0.0, 0.0), Map.of());
        final Figures some = Statistics.figures(List.of(5.0), Map.of());
        assertThat(Statistics.ratio("base", some, none)).isNull();
        assertThat(Statistics.ratio("base", none, some)).isNull();
        assertThat(Statistics.ratio("base", some, some)).isEqualTo(new Ratio("base", 1, 1, 1));
    }

    private static Figures drawn(Random random, double mean) {
        return Statistics.figures(
                IntStream.range(0, 6)
                        .mapToObj(i -> mean * (1 + 0.05 * random.nextGaussian()))
                        .toList(),
                Map.of());
    }
}
