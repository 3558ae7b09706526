package io.silo.bench.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import org.apache.commons.math3.distribution.TDistribution;
import org.jspecify.annotations.Nullable;

/**
 * Where a series of scores took a step.
 *
 * <p>Method: for every place with at least {@link #SIDE_MIN} points on either side, the logarithms of up to {@link #WINDOW} points before, and of half as many,
 * are compared with as many after by Student's t test. The place with the smallest probability is a change if that probability, times the
 * number of looks (Bonferroni), is under {@link #FALSE_ALARM}, if the means differ by {@link #STEP_MIN} and by
 * {@link #STEP_DEVIATIONS_MIN} or more, and unless a straight line, which a steady drift is, fits the points clearly better. Both sides are then searched in the same way, until
 * nothing is found. Splitting in two is Scott and Knott's ("A cluster analysis method for grouping means in the analysis of variance",
 * Biometrics 30, 1974); that a t test in windows serves benchmarks better than permutations of whole series, since it needs fewer
 * points and gives the same answer each time, is from Fleming et al., "Hunter: using change point detection to hunt for performance
 * regressions", ICPE 2023. Stateless.
 *
 * <p>In three percent of noise a step of ten percent is found at its place or beside it in more than eight of ten series with five points on each side,
 * and in more than nine of ten with twelve or more; in noise alone, one is found in about one series of a hundred ({@code ChangePointsTest}). What it does
 * not see: a step with fewer than five points behind it, a step under three percent, and one of two steps that lie closer than five
 * points. An outlier widens the noise and so makes no change by itself.
 */
public final class ChangePoints {
    /** Points that each side of a change has at least. */
    public static final int SIDE_MIN = 5;

    /** Points of each side that are looked at. */
    public static final int WINDOW = 20;

    /** Probability that a series without a change has one found, at most, at each splitting. */
    public static final double FALSE_ALARM = 0.03;

    /** Smallest step that is told, as a part of the level before. */
    public static final double STEP_MIN = 0.03;

    /** The same, in standard deviations of the points around their levels. */
    public static final double STEP_DEVIATIONS_MIN = 2.25;

    /** A line is the better one if what it leaves unexplained, times this, is less than what the two levels leave. */
    private static final double LINE_MARGIN = 1.25;

    private ChangePoints() {}

    /**
     * A step.
     *
     * @param index of the first point on the new level.
     * @param factor of the new level to the old one.
     * @param probability of such a step or a greater one by chance, Bonferroni's factor in it.
     */
    public record Change(int index, double factor, double probability) {}

    /** The steps of a series in its order; points that are not above 0 count as no change, since they have no logarithm. */
    public static List<Change> find(double[] series) {
        final List<Change> found = new ArrayList<>();
        if (DoubleStream.of(series).allMatch(value -> value > 0)) {
            final double[] logs = DoubleStream.of(series).map(Math::log).toArray();
            search(logs, 0, logs.length, found);
            found.sort(Comparator.comparingInt(Change::index));
        }
        return found;
    }

    private static void search(double[] logs, int begin, int end, List<Change> found) {
        int looks = 0;
        Split best = null;
        for (int at = begin + SIDE_MIN; at <= end - SIDE_MIN; at++) {
            // The short window sees a step that another one follows soon; the long one sees smaller steps.
            for (int window : new int[] {WINDOW, WINDOW / 2}) {
                if (window < WINDOW && Math.max(at - begin, end - at) <= window) {
                    continue; // the same points again
                }
                looks++;
                final Split split = Split.of(logs, Math.max(begin, at - window), at, Math.min(end, at + window));
                if (best == null || split.probability < best.probability) {
                    best = split;
                }
            }
        }
        final Change change = best == null ? null : best.change(logs, looks);
        if (best != null && change != null) {
            found.add(change);
            search(logs, begin, best.at, found);
            search(logs, best.at, end, found);
        }
    }

    /** Two windows that meet at a place. */
    private record Split(int begin, int at, int end, double step, double residual, double probability) {
        static Split of(double[] logs, int begin, int at, int end) {
            final double before = mean(logs, begin, at);
            final double after = mean(logs, at, end);
            final double residual = squares(logs, begin, at, before) + squares(logs, at, end, after);
            final int freedom = end - begin - 2;
            final double scale = Math.sqrt(residual / freedom * (1.0 / (at - begin) + 1.0 / (end - at)));
            final double step = after - before;
            final double t = step == 0 ? 0 : Math.abs(step) / scale;
            final double probability = 2 * new TDistribution(freedom).cumulativeProbability(-t);
            return new Split(begin, at, end, step, residual, probability);
        }

        @Nullable
        Change change(double[] logs, int looks) {
            final double deviation = Math.sqrt(residual / (end - begin - 2));
            final boolean isLarge = Math.abs(step) >= Math.max(Math.log1p(STEP_MIN), STEP_DEVIATIONS_MIN * deviation);
            final double corrected = Math.min(1, probability * looks);
            return isLarge && corrected < FALSE_ALARM && residual < LINE_MARGIN * residualOfLine(logs)
                    ? new Change(at, Math.exp(step), corrected)
                    : null;
        }

        private double residualOfLine(double[] logs) {
            final double centre = (begin + end - 1) / 2.0;
            final double mean = mean(logs, begin, end);
            double products = 0;
            double distances = 0;
            for (int i = begin; i < end; i++) {
                products += (i - centre) * (logs[i] - mean);
                distances += (i - centre) * (i - centre);
            }
            return squares(logs, begin, end, mean) - products * products / distances;
        }

        private static double mean(double[] values, int begin, int end) {
            double sum = 0;
            for (int i = begin; i < end; i++) {
                sum += values[i];
            }
            return sum / (end - begin);
        }

        private static double squares(double[] values, int begin, int end, double mean) {
            double sum = 0;
            for (int i = begin; i < end; i++) {
                sum += (values[i] - mean) * (values[i] - mean);
            }
            return sum;
        }
    }
}
