package io.silo.bench.history;

import io.silo.bench.history.BenchRun.Figures;
import io.silo.bench.history.BenchRun.Ratio;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.distribution.TDistribution;
import org.jspecify.annotations.Nullable;

/** Means and their intervals, by Student's t ("The probable error of a mean", Biometrika 6, 1908). Stateless. */
public final class Statistics {
    /** Probability that an interval holds the true mean, where nothing else is said. */
    public static final double CONFIDENCE = 0.95;

    private Statistics() {}

    /** The mean of some values; NaN of none. */
    public static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    /** The variance of the population that the values were drawn from; at least two. */
    public static double variance(List<Double> values) {
        final double mean = mean(values);
        return values.stream()
                        .mapToDouble(value -> (value - mean) * (value - mean))
                        .sum()
                / (values.size() - 1);
    }

    /**
     * Half of the interval of the mean; null with fewer than two values.
     *
     * @param confidence probability that the interval holds the mean, above 0 and under 1.
     */
    public static @Nullable Double halfInterval(List<Double> values, double confidence) {
        if (values.size() < 2) {
            return null;
        }
        final double quantile = new TDistribution(values.size() - 1).inverseCumulativeProbability((1 + confidence) / 2);
        return quantile * Math.sqrt(variance(values) / values.size());
    }

    /** The figures of samples. */
    public static Figures figures(List<Double> samples, Map<String, Double> percentiles) {
        return new Figures(mean(samples), halfInterval(samples, CONFIDENCE), samples, percentiles);
    }

    /**
     * The ratio of a score to its baseline. Its interval is that of the difference of the logarithms, to first order: the relative errors
     * are added as squares (Ku, "Notes on the use of propagation of error formulas", NBS 70C, 1966). Null if it would be no number.
     */
    public static @Nullable Ratio ratio(String baseline, Figures score, Figures base) {
        if (!(score.score() > 0) || !(base.score() > 0)) {
            return null;
        }
        final double value = score.score() / base.score();
        final Double scoreError = score.error();
        final Double baseError = base.error();
        if (scoreError == null || baseError == null) {
            return new Ratio(baseline, value, value, value);
        }
        final double relative = Math.hypot(scoreError / score.score(), baseError / base.score());
        return new Ratio(baseline, value, value * Math.exp(-relative), value * Math.exp(relative));
    }
}
