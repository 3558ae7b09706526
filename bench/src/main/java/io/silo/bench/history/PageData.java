package io.silo.bench.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.git.GitCommit;
import io.silo.bench.history.BenchRun.Ratio;
import io.silo.bench.history.BenchRun.Score;
import io.silo.bench.history.RunFiles.Skipped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What the page draws, as JSON: machines, commits and runs once each, then a series for each benchmark, its parameters and a machine, with
 * its steps. Stateless.
 *
 * <pre>
 * {generated, days, machines: [{id, text}], commits: [{hash, short, subject, date}],
 *  runs: [{commit, machine, started, suite, jvm, dirty}],
 *  series: [{benchmark, params, mode, unit, higher, durability, baseline, machine,
 *            points: [{run, score, error, ratio, low, high, percentiles}], changes: [{at, factor}], ratio_changes: [{at, factor}]}],
 *  skipped: [{file, reason}], left_out: [{run, benchmark, reason}]}
 * </pre>
 */
final class PageData {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Rows left out that are listed; the newest. */
    private static final int LEFT_OUT_MAX = 50;

    private PageData() {}

    private record Point(int run, Score score) {}

    static ObjectNode of(RunFiles files, int days, Instant now) {
        final ObjectNode page = JSON.createObjectNode();
        page.put("generated", now.toString());
        page.put("days", days);
        final Map<String, Integer> machines = machines(files, page.putArray("machines"));
        final Map<String, Integer> commits = commits(files, page.putArray("commits"));
        final ArrayNode runs = page.putArray("runs");
        final ArrayNode leftOut = page.putArray("left_out");
        final Map<String, List<Point>> series = new TreeMap<>();
        final Set<String> baselines = new HashSet<>();
        for (BenchRun run : files.runs()) {
            final int index = runs.size();
            run(runs.addObject(), run, commits, machines);
            for (Score score : run.scores()) {
                series.computeIfAbsent(key(run, score), key -> new ArrayList<>())
                        .add(new Point(index, score));
            }
            for (Score score : run.baselines()) {
                baselines.add(key(run, score));
                series.computeIfAbsent(key(run, score), key -> new ArrayList<>())
                        .add(new Point(index, score));
            }
            run.leftOut()
                    .forEach(row -> leftOut.addObject()
                            .put("run", index)
                            .put("benchmark", row.benchmark())
                            .put("reason", row.reason()));
        }
        while (leftOut.size() > LEFT_OUT_MAX) {
            leftOut.remove(0);
        }
        final ArrayNode all = page.putArray("series");
        series.forEach((key, points) -> series(all.addObject(), points, baselines.contains(key), runs));
        final ArrayNode skipped = page.putArray("skipped");
        for (Skipped file : files.skipped()) {
            skipped.addObject().put("file", file.file()).put("reason", file.reason());
        }
        return page;
    }

    private static Map<String, Integer> machines(RunFiles files, ArrayNode nodes) {
        final Map<String, Integer> indexes = new LinkedHashMap<>();
        for (BenchRun run : files.runs()) {
            final Machine machine = run.machine();
            indexes.computeIfAbsent(machine.id(), id -> {
                nodes.addObject()
                        .put("id", id)
                        .put(
                                "text",
                                machine.cores() + " cores, " + machine.cpu() + ", "
                                        + Math.round(machine.memoryMib() / 1_024.0) + " GiB, " + machine.fileSystem());
                return nodes.size() - 1;
            });
        }
        return indexes;
    }

    private static Map<String, Integer> commits(RunFiles files, ArrayNode nodes) {
        final Map<String, Integer> indexes = new LinkedHashMap<>();
        for (BenchRun run : files.runs()) {
            final BenchRun.Commit commit = run.commit();
            indexes.computeIfAbsent(commit.hash(), hash -> {
                nodes.addObject()
                        .put("hash", hash)
                        .put("short", hash.substring(0, GitCommit.SHORT_DIGITS))
                        .put("subject", commit.subject())
                        .put("date", commit.date().toString());
                return nodes.size() - 1;
            });
        }
        return indexes;
    }

    private static void run(
            ObjectNode node, BenchRun run, Map<String, Integer> commits, Map<String, Integer> machines) {
        node.put("commit", commits.get(run.commit().hash()));
        node.put("machine", machines.get(run.machine().id()));
        node.put("started", run.started().toString());
        node.put("suite", run.suite());
        node.put("jvm", run.jvm().version());
        node.put("dirty", run.commit().isDirty());
    }

    private static void series(ObjectNode node, List<Point> points, boolean isBaseline, ArrayNode runs) {
        final Point last = points.get(points.size() - 1);
        final Score score = last.score();
        node.put("benchmark", score.benchmark());
        node.put(
                "params",
                score.params().entrySet().stream()
                        .map(param -> param.getKey() + "=" + param.getValue())
                        .collect(Collectors.joining(", ")));
        node.put("mode", score.mode());
        node.put("unit", score.unit());
        node.put("higher", score.isHigherBetter());
        node.put("durability", score.durability());
        node.put("baseline", isBaseline);
        node.put("machine", runs.path(last.run()).path("machine").asInt());
        final ArrayNode nodes = node.putArray("points");
        points.forEach(point -> point(nodes.addObject(), point));
        changes(node.putArray("changes"), points, value -> value.figures().score());
        // A row may have lost or got its baseline on the way: steps are looked for among those that have one.
        changes(node.putArray("ratio_changes"), points, value -> {
            final Ratio ratio = value.ratio();
            return ratio == null ? Double.NaN : ratio.value();
        });
    }

    private static void point(ObjectNode node, Point point) {
        final Score score = point.score();
        node.put("run", point.run());
        node.put("score", score.figures().score());
        node.put("error", score.figures().error());
        final Ratio ratio = score.ratio();
        if (ratio != null) {
            node.put("ratio", ratio.value());
            node.put("low", ratio.low());
            node.put("high", ratio.high());
            node.put("to", ratio.baseline());
        }
        if (!score.figures().percentiles().isEmpty()) {
            final ObjectNode percentiles = node.putObject("percentiles");
            new TreeMap<>(score.figures().percentiles()).forEach(percentiles::put);
        }
    }

    private static void changes(ArrayNode nodes, List<Point> points, ToDoubleFunction<Score> value) {
        final List<Integer> places = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            if (value.applyAsDouble(points.get(i).score()) > 0) {
                places.add(i);
            }
        }
        final double[] values = places.stream()
                .mapToDouble(place -> value.applyAsDouble(points.get(place).score()))
                .toArray();
        for (ChangePoints.Change change : ChangePoints.find(values)) {
            nodes.addObject().put("at", places.get(change.index())).put("factor", change.factor());
        }
    }

    private static String key(BenchRun run, Score score) {
        return score.key() + score.unit() + run.machine().id();
    }
}
