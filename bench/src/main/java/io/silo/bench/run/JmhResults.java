package io.silo.bench.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.bench.SuiteEntry;
import io.silo.bench.history.BenchRun.Score;
import io.silo.bench.history.RunJson;
import io.silo.bench.history.Statistics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What JMH wrote with {@code -rf json}, as scores. Stateless. */
final class JmhResults {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** JMH's names of the percentiles that are kept, and ours. */
    private static final Map<String, String> PERCENTILES =
            Map.of("50.0", "50", "90.0", "90", "99.0", "99", "99.9", "99.9", "100.0", "100");

    private JmhResults() {}

    /** The rows of an entry, without ratios. A sample is the mean of an iteration. */
    static List<Score> read(Path file, SuiteEntry entry) throws IOException {
        final List<Score> scores = new ArrayList<>();
        for (JsonNode row : JSON.readTree(file.toFile())) {
            final String full = row.path("benchmark").asText();
            final SortedMap<String, String> params = new TreeMap<>();
            row.path("params")
                    .properties()
                    .forEach(
                            param -> params.put(param.getKey(), param.getValue().asText()));
            final JsonNode metric = row.path("primaryMetric");
            final Map<String, Double> percentiles = new TreeMap<>();
            final boolean isSampled = metric.has("rawDataHistogram");
            if (isSampled) {
                PERCENTILES.forEach((theirs, ours) -> percentiles.put(
                        ours, metric.path("scorePercentiles").path(theirs).asDouble()));
            }
            final List<Double> samples =
                    isSampled ? histograms(metric.path("rawDataHistogram")) : means(metric.path("rawData"));
            if (!samples.isEmpty() && scores.size() < RunJson.ROWS_MAX) {
                scores.add(new Score(
                        entry.name() + "." + full.substring(full.lastIndexOf('.') + 1),
                        params,
                        row.path("mode").asText(),
                        metric.path("scoreUnit").asText(),
                        durability(entry.name(), params),
                        Statistics.figures(samples, percentiles),
                        null));
            }
        }
        return scores;
    }

    private static List<Double> means(JsonNode forks) {
        final List<Double> samples = new ArrayList<>();
        for (JsonNode fork : forks) {
            for (JsonNode iteration : fork) {
                add(samples, iteration.asDouble());
            }
        }
        return samples;
    }

    /** Of each iteration, pairs of a value and how often it was seen. */
    private static List<Double> histograms(JsonNode forks) {
        final List<Double> samples = new ArrayList<>();
        for (JsonNode fork : forks) {
            for (JsonNode iteration : fork) {
                double sum = 0;
                double count = 0;
                for (JsonNode pair : iteration) {
                    sum += pair.path(0).asDouble() * pair.path(1).asDouble();
                    count += pair.path(1).asDouble();
                }
                if (count > 0) {
                    add(samples, sum / count);
                }
            }
        }
        return samples;
    }

    private static void add(List<Double> samples, double sample) {
        if (samples.size() < RunJson.SAMPLES_MAX && Double.isFinite(sample)) {
            samples.add(sample);
        }
    }

    /** What an operation waits for: a parameter says it, or what the entry is about. */
    private static String durability(String entry, Map<String, String> params) {
        final String param = params.get("durability");
        if (param != null) {
            return param.toLowerCase(Locale.ROOT);
        }
        if (entry.startsWith("log.sync") || entry.startsWith("gateway.") || entry.endsWith(".durable")) {
            return "durable";
        }
        return entry.startsWith("log.append")
                        || entry.startsWith("shard.")
                        || entry.startsWith("limit.")
                        || entry.endsWith(".appended")
                ? "appended"
                : "none";
    }
}
