package io.silo.bench.run;

import io.silo.bench.git.GitCommit;
import io.silo.bench.history.BenchRun;
import io.silo.bench.history.BenchRun.LeftOut;
import io.silo.bench.history.BenchRun.Score;
import io.silo.bench.history.Machine;
import io.silo.bench.history.Statistics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Two commits, measured in turns. Immutable.
 *
 * @param a the commit that is the measure.
 * @param b the one that is measured.
 * @param machine on what.
 * @param rounds how often each of the two was run.
 * @param rows a row for each benchmark that both have.
 * @param leftOut what one of them has not, or what failed.
 */
public record Comparison(
        BenchRun.Commit a, BenchRun.Commit b, Machine machine, int rounds, List<Row> rows, List<LeftOut> leftOut) {
    /** Rounds that a comparison may have. */
    public static final int ROUNDS_MAX = 100;

    public Comparison {
        rows = List.copyOf(rows);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * A benchmark of both.
     *
     * @param benchmark its name.
     * @param params its parameters, for people.
     * @param unit of the scores.
     * @param scoresA score of A in each round.
     * @param scoresB score of B in each round.
     * @param ratio B/A.
     * @param verdict what it says.
     */
    public record Row(
            String benchmark,
            String params,
            String unit,
            List<Double> scoresA,
            List<Double> scoresB,
            PairedRatio ratio,
            Verdict verdict) {}

    /** Two scores of one row, round by round. */
    private static final class Pairs {
        private final Score first;
        private final List<Double> a = new ArrayList<>();
        private final List<Double> b = new ArrayList<>();

        Pairs(Score first) {
            this.first = first;
        }

        Row row() {
            final PairedRatio ratio = PairedRatio.of(a, b);
            final String params = String.join(
                    ", ",
                    first.params().entrySet().stream()
                            .map(param -> param.getKey() + "=" + param.getValue())
                            .toList());
            return new Row(first.benchmark(), params, first.unit(), a, b, ratio, ratio.verdict(first.isHigherBetter()));
        }
    }

    /**
     * Runs both so often: A, B, then B, A, and so on, so that neither has the warmer machine. Baselines are compared like all others: they
     * are the same code in both, and tell by how much the machine leans to one side.
     *
     * @param rounds at least 1; at least 5 for a verdict that tells a tenth of a difference.
     */
    public static Comparison run(
            BenchRunner runner, Build a, Build b, BenchSuite suite, int rounds, Consumer<String> progress)
            throws IOException, InterruptedException {
        final Map<String, Pairs> pairs = new LinkedHashMap<>();
        final Set<LeftOut> leftOut = new LinkedHashSet<>();
        Machine machine = null;
        for (int round = 0; round < rounds; round++) {
            progress.accept("round " + (round + 1) + " of " + rounds);
            final boolean isAFirst = round % 2 == 0;
            final BenchRun first = runner.run(isAFirst ? a : b, suite.round());
            final BenchRun second = runner.run(isAFirst ? b : a, suite.round());
            final Map<String, Score> ofA = byKey(isAFirst ? first : second, a, leftOut);
            final Map<String, Score> ofB = byKey(isAFirst ? second : first, b, leftOut);
            machine = first.machine();
            ofA.forEach((key, score) -> {
                final Score other = ofB.get(key);
                if (other == null) {
                    leftOut.add(new LeftOut(
                            key, "Only " + a.commit().hash().substring(0, GitCommit.SHORT_DIGITS) + " has it."));
                } else if (score.figures().score() > 0 && other.figures().score() > 0) {
                    final Pairs both = pairs.computeIfAbsent(key, ignored -> new Pairs(score));
                    both.a.add(score.figures().score());
                    both.b.add(other.figures().score());
                }
            });
            ofB.keySet().stream()
                    .filter(key -> !ofA.containsKey(key))
                    .forEach(key -> leftOut.add(new LeftOut(
                            key, "Only " + b.commit().hash().substring(0, GitCommit.SHORT_DIGITS) + " has it.")));
        }
        if (machine == null) {
            throw new IllegalArgumentException("expected a round");
        }
        return new Comparison(
                a.commit(),
                b.commit(),
                machine,
                rounds,
                pairs.values().stream().map(Pairs::row).toList(),
                List.copyOf(leftOut));
    }

    /** The mean of a row's scores. */
    public static double mean(List<Double> scores) {
        return Statistics.mean(scores);
    }

    private static Map<String, Score> byKey(BenchRun run, Build build, Set<LeftOut> leftOut) {
        run.leftOut()
                .forEach(row -> leftOut.add(new LeftOut(
                        row.benchmark(),
                        build.commit().hash().substring(0, GitCommit.SHORT_DIGITS) + ": " + row.reason())));
        final Map<String, Score> scores = new LinkedHashMap<>();
        Stream.concat(run.scores().stream(), run.baselines().stream())
                .forEach(score -> scores.put(score.key() + score.unit(), score));
        return scores;
    }
}
