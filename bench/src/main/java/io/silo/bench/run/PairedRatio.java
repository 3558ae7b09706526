package io.silo.bench.run;

import io.silo.bench.history.Statistics;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The ratio of one commit's scores to another's, from pairs that were measured one right after the other: what slows a machine down for
 * minutes slows both of a pair.
 *
 * <p>Method: Student's t interval of the mean of the pairs' log-ratios, so that a ratio and its inverse weigh the same; the ratio of two
 * systems with its interval is what to report, after Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013. The interval
 * holds the true ratio with probability {@link #CONFIDENCE}; it is 0.99 and not 0.95 because a comparison has many rows. Immutable.
 *
 * @param value geometric mean of B/A.
 * @param low lower end of the interval; 0 with fewer than two pairs.
 * @param high upper end; infinite with fewer than two pairs.
 */
public record PairedRatio(double value, double low, double high) {
    /** Probability that an interval holds the true ratio. */
    public static final double CONFIDENCE = 0.99;

    /** A difference that is smaller is none: the layout of code in memory alone does as much. */
    public static final double EFFECT_MIN = 0.01;

    /** An interval that holds 1 says that there is no difference if neither end is farther from it than this, as a factor. */
    public static final double NOISE_MAX = 0.05;

    /** The ratio of pairs; scores are above 0, and there are as many of A as of B. */
    static PairedRatio of(List<Double> a, List<Double> b) {
        if (a.isEmpty() || a.size() != b.size()) {
            throw new IllegalArgumentException("expected pairs, not " + a.size() + " and " + b.size() + " scores");
        }
        final List<Double> logs = IntStream.range(0, a.size())
                .mapToObj(i -> Math.log(b.get(i) / a.get(i)))
                .toList();
        final double mean = Statistics.mean(logs);
        final Double half = Statistics.halfInterval(logs, CONFIDENCE);
        final double width = half == null ? Double.POSITIVE_INFINITY : half;
        return new PairedRatio(Math.exp(mean), Math.exp(mean - width), Math.exp(mean + width));
    }

    /** What it says, where B/A above 1 is better or worse. */
    public Verdict verdict(boolean isHigherBetter) {
        if (low > 1 && value > 1 + EFFECT_MIN) {
            return isHigherBetter ? Verdict.FASTER : Verdict.SLOWER;
        }
        if (high < 1 && value < 1 / (1 + EFFECT_MIN)) {
            return isHigherBetter ? Verdict.SLOWER : Verdict.FASTER;
        }
        return low >= 1 / (1 + NOISE_MAX) && high <= 1 + NOISE_MAX ? Verdict.NO_DIFFERENCE : Verdict.TOO_NOISY;
    }
}
