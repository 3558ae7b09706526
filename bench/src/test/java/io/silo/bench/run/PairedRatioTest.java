package io.silo.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PairedRatioTest {
    private static final int SEEDS = 300;

    @Test
    void shouldSeeATenthInPairsWhateverTheMachineDoesMeanwhile() {
        assertThat(count(1.1, 0.02, 0.3, true, Verdict.FASTER)).isGreaterThan(SEEDS * 95 / 100);
        assertThat(count(1.1, 0.02, 0.3, false, Verdict.SLOWER)).isGreaterThan(SEEDS * 95 / 100);
        assertThat(count(1 / 1.1, 0.02, 0.3, true, Verdict.SLOWER)).isGreaterThan(SEEDS * 95 / 100);
        assertThat(count(1 / 1.1, 0.02, 0.3, false, Verdict.FASTER)).isGreaterThan(SEEDS * 95 / 100);
    }

    @Test
    void shouldSeeNoDifferenceBetweenACommitAndItself() {
        assertThat(count(1, 0.01, 0.3, true, Verdict.NO_DIFFERENCE)).isGreaterThan(SEEDS * 95 / 100);
        assertThat(count(1, 0.1, 0.3, true, Verdict.TOO_NOISY)).isGreaterThan(SEEDS * 95 / 100);
        assertThat(count(1, 0.05, 0.3, true, Verdict.FASTER) + count(1, 0.05, 0.3, true, Verdict.SLOWER))
                .isLessThanOrEqualTo(SEEDS * 3 / 100);
    }

    @Test
    void shouldWeighARatioAndItsInverseTheSame() {
        final PairedRatio ratio = PairedRatio.of(List.of(100.0, 100.0, 100.0), List.of(200.0, 50.0, 100.0));

        assertThat(ratio.value()).isCloseTo(1, within(1e-9));
        assertThat(ratio.low() * ratio.high()).isCloseTo(1, within(1e-9));
        assertThat(ratio.verdict(true)).isEqualTo(Verdict.TOO_NOISY);
    }

    @Test
    void shouldTellNothingFromOnePair() {
        final PairedRatio ratio = PairedRatio.of(List.of(100.0), List.of(300.0));

        assertThat(ratio.value()).isCloseTo(3, within(1e-9));
        assertThat(ratio.verdict(true)).isEqualTo(Verdict.TOO_NOISY);
        assertThatThrownBy(() -> PairedRatio.of(List.of(), List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    /** Eight pairs a seed: the machine changes by {@code drift} from pair to pair, and each of a pair by {@code noise}. */
    private static long count(double factor, double noise, double drift, boolean isHigherBetter, Verdict wanted) {
        long count = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            final Random random = new Random(seed);
            final List<Double> a = new ArrayList<>();
            final List<Double> b = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                final double level = 1_000 * (1 + drift * random.nextDouble());
                a.add(level * Math.exp(noise * random.nextGaussian()));
                b.add(level * factor * Math.exp(noise * random.nextGaussian()));
            }
            if (PairedRatio.of(a, b).verdict(isHigherBetter) == wanted) {
                count++;
            }
        }
        return count;
    }
}
