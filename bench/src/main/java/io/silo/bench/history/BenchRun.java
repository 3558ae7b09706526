package io.silo.bench.history;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One run of a suite: one file of the history. {@code docs/benchmarks.md} says what each field means. Immutable.
 *
 * @param started when it began.
 * @param suite name of the suite.
 * @param commit what was measured.
 * @param machine on what.
 * @param jvm in what.
 * @param scores what benchmarks scored, each at most once.
 * @param baselines what the rows scored that others are divided by.
 * @param leftOut what was to run and has no score, with the reason.
 */
public record BenchRun(
        Instant started,
        String suite,
        Commit commit,
        Machine machine,
        Jvm jvm,
        List<Score> scores,
        List<Score> baselines,
        List<LeftOut> leftOut) {
    /** The schema that is written and read. */
    public static final int SCHEMA = 1;

    /** What the field {@code kind} of every such file says. */
    public static final String KIND = "silo-bench-run";

    /** JMH's name of the mode in which more is better. */
    public static final String THROUGHPUT = "thrpt";

    public BenchRun {
        scores = List.copyOf(scores);
        baselines = List.copyOf(baselines);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * What was measured.
     *
     * @param hash forty hexadecimal digits.
     * @param subject first line of the message.
     * @param date when it was committed.
     * @param isDirty true if sources had changes that are not in it.
     */
    public record Commit(String hash, String subject, Instant date, boolean isDirty) {}

    /**
     * Java that ran the benchmarks.
     *
     * @param version as in {@code 25.0.3+9-LTS}.
     * @param vendor who made it.
     * @param flags of the measured processes, without paths.
     */
    public record Jvm(String version, String vendor, List<String> flags) {
        public Jvm {
            flags = List.copyOf(flags);
        }
    }

    /**
     * What one benchmark scored with one set of parameters.
     *
     * @param benchmark its name, the same from commit to commit.
     * @param params its parameters.
     * @param mode JMH's name of what was measured: thrpt, avgt, sample, ss.
     * @param unit of the figures.
     * @param durability what an operation waits for: durable, appended, or none where nothing is written.
     * @param figures what was measured.
     * @param ratio to its baseline; null if it is one, has none, or if that was not measured.
     */
    public record Score(
            String benchmark,
            SortedMap<String, String> params,
            String mode,
            String unit,
            String durability,
            Figures figures,
            @Nullable Ratio ratio) {
        public Score {
            params = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(params));
        }

        /** True if a higher score is the better one. */
        public boolean isHigherBetter() {
            return mode.equals(THROUGHPUT);
        }

        /** The same with its ratio. */
        public Score with(@Nullable Ratio toBaseline) {
            return new Score(benchmark, params, mode, unit, durability, figures, toBaseline);
        }

        /** What tells it from all others of its run. */
        public String key() {
            return benchmark + params + mode;
        }
    }

    /**
     * What was measured.
     *
     * @param score mean of the samples.
     * @param error half of the 95 % interval of the mean; null with fewer than two samples.
     * @param samples mean of each iteration, at most {@link RunJson#SAMPLES_MAX}.
     * @param percentiles of single operations, by names as in 99.9; empty if they were not timed one by one.
     */
    public record Figures(double score, @Nullable Double error, List<Double> samples, Map<String, Double> percentiles) {
        public Figures {
            samples = List.copyOf(samples);
            percentiles = Map.copyOf(percentiles);
        }
    }

    /**
     * A score divided by that of its baseline.
     *
     * @param baseline the baseline's benchmark and the parameters in which it differs.
     * @param value the quotient.
     * @param low lower end of its interval; the value itself if one of the two has no error.
     * @param high upper end.
     */
    public record Ratio(String baseline, double value, double low, double high) {}

    /**
     * What was to run and has no score.
     *
     * @param benchmark its name.
     * @param reason why, in a sentence.
     */
    public record LeftOut(String benchmark, String reason) {}
}
