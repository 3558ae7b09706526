package io.silo.bench.history;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.history.BenchRun.Commit;
import io.silo.bench.history.BenchRun.Figures;
import io.silo.bench.history.BenchRun.Jvm;
import io.silo.bench.history.BenchRun.LeftOut;
import io.silo.bench.history.BenchRun.Ratio;
import io.silo.bench.history.BenchRun.Score;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A run as JSON, as {@code bench/history/schema.json} describes it. Stateless.
 *
 * <p>What is read may come from anywhere: a field that is missing, of another type or out of its bounds is a {@link RunFormatException}.
 */
public final class RunJson {
    /** Scores, baselines and rows left out that a run may have, each. */
    public static final int ROWS_MAX = 1_000;

    /** Samples of a score that are kept. */
    public static final int SAMPLES_MAX = 256;

    /** Characters of a text. */
    public static final int TEXT_MAX = 2_000;

    private static final int ENTRIES_MAX = 64; // parameters of a score, percentiles, flags of a JVM

    private static final ObjectMapper JSON = new ObjectMapper();

    private RunJson() {}

    /** The run as the bytes of its file. */
    public static byte[] write(BenchRun run) {
        final ObjectNode node = JSON.createObjectNode();
        node.put("schema", BenchRun.SCHEMA);
        node.put("kind", BenchRun.KIND);
        node.put("started", run.started().toString());
        node.put("suite", run.suite());
        final ObjectNode commit = node.putObject("commit");
        commit.put("hash", run.commit().hash());
        commit.put("subject", run.commit().subject());
        commit.put("date", run.commit().date().toString());
        commit.put("dirty", run.commit().isDirty());
        final ObjectNode machine = node.putObject("machine");
        machine.put("id", run.machine().id());
        machine.put("cores", run.machine().cores());
        machine.put("cpu", run.machine().cpu());
        machine.put("memory_mib", run.machine().memoryMib());
        machine.put("kernel", run.machine().kernel());
        machine.put("file_system", run.machine().fileSystem());
        final ObjectNode jvm = node.putObject("jvm");
        jvm.put("version", run.jvm().version());
        jvm.put("vendor", run.jvm().vendor());
        final ArrayNode flags = jvm.putArray("flags");
        run.jvm().flags().forEach(flags::add);
        final ArrayNode scores = node.putArray("scores");
        run.scores().forEach(score -> write(scores.addObject(), score));
        final ArrayNode baselines = node.putArray("baselines");
        run.baselines().forEach(score -> write(baselines.addObject(), score));
        final ArrayNode leftOut = node.putArray("left_out");
        run.leftOut()
                .forEach(row ->
                        leftOut.addObject().put("benchmark", row.benchmark()).put("reason", row.reason()));
        try {
            // One field a line, so that a change of a file can be read.
            final DefaultPrettyPrinter lines =
                    new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
            return (JSON.writer(lines).writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree of texts and numbers is always JSON", impossible);
        }
    }

    private static void write(ObjectNode node, Score score) {
        node.put("benchmark", score.benchmark());
        final ObjectNode params = node.putObject("params");
        score.params().forEach(params::put);
        node.put("mode", score.mode());
        node.put("unit", score.unit());
        node.put("durability", score.durability());
        final Figures figures = score.figures();
        node.put("score", figures.score());
        node.put("error", figures.error());
        node.put("iterations", figures.samples().size());
        final ArrayNode samples = node.putArray("samples");
        figures.samples().forEach(samples::add);
        if (!figures.percentiles().isEmpty()) {
            final ObjectNode percentiles = node.putObject("percentiles");
            new TreeMap<>(figures.percentiles()).forEach(percentiles::put);
        }
        final Ratio ratio = score.ratio();
        if (ratio != null) {
            final ObjectNode to = node.putObject("ratio");
            to.put("baseline", ratio.baseline());
            to.put("value", ratio.value());
            to.put("low", ratio.low());
            to.put("high", ratio.high());
        }
    }

    /** Reads the bytes of a file. */
    public static BenchRun read(byte[] bytes) throws RunFormatException {
        final JsonNode node;
        try {
            node = JSON.readTree(bytes);
        } catch (IOException broken) {
            throw new RunFormatException("it is not JSON");
        }
        if (node == null || !node.path("kind").asText("").equals(BenchRun.KIND)) {
            throw new RunFormatException("it is no run of benchmarks");
        }
        final JsonNode schema = node.path("schema");
        if (!schema.isInt() || schema.asInt() != BenchRun.SCHEMA) {
            throw new RunFormatException(
                    "its schema is " + shortened(schema.toString()) + ", and only " + BenchRun.SCHEMA + " can be read");
        }
        final JsonNode commit = node.path("commit");
        final JsonNode machine = node.path("machine");
        final JsonNode jvm = node.path("jvm");
        final List<String> flags = new ArrayList<>();
        for (JsonNode flag : array(jvm, "flags", ENTRIES_MAX)) {
            flags.add(shortened(flag.asText()));
        }
        final List<LeftOut> leftOut = new ArrayList<>();
        for (JsonNode row : array(node, "left_out", ROWS_MAX)) {
            leftOut.add(new LeftOut(text(row, "benchmark"), text(row, "reason")));
        }
        final String hash = text(commit, "hash");
        if (!hash.matches("[0-9a-f]{40}")) {
            throw new RunFormatException("its commit is not named by forty hexadecimal digits");
        }
        return new BenchRun(
                time(node, "started"),
                text(node, "suite"),
                new Commit(
                        hash,
                        text(commit, "subject"),
                        time(commit, "date"),
                        commit.path("dirty").asBoolean()),
                new Machine(
                        text(machine, "id"),
                        (int) number(machine, "cores"),
                        text(machine, "cpu"),
                        (long) number(machine, "memory_mib"),
                        text(machine, "kernel"),
                        text(machine, "file_system")),
                new Jvm(text(jvm, "version"), text(jvm, "vendor"), flags),
                scores(node, "scores"),
                scores(node, "baselines"),
                leftOut);
    }

    private static List<Score> scores(JsonNode node, String field) throws RunFormatException {
        final List<Score> scores = new ArrayList<>();
        for (JsonNode row : array(node, field, ROWS_MAX)) {
            final SortedMap<String, String> params = new TreeMap<>();
            for (Map.Entry<String, JsonNode> param : entries(row, "params")) {
                params.put(shortened(param.getKey()), shortened(param.getValue().asText()));
            }
            scores.add(new Score(
                    text(row, "benchmark"),
                    params,
                    text(row, "mode"),
                    text(row, "unit"),
                    text(row, "durability"),
                    figures(row),
                    ratio(row)));
        }
        return scores;
    }

    private static Figures figures(JsonNode row) throws RunFormatException {
        final List<Double> samples = new ArrayList<>();
        for (JsonNode sample : array(row, "samples", SAMPLES_MAX)) {
            samples.add(sample.asDouble());
        }
        final Map<String, Double> percentiles = new HashMap<>();
        if (row.has("percentiles")) {
            for (Map.Entry<String, JsonNode> percentile : entries(row, "percentiles")) {
                percentiles.put(
                        shortened(percentile.getKey()), percentile.getValue().asDouble());
            }
        }
        final Double error = row.path("error").isNull() ? null : Double.valueOf(number(row, "error"));
        return new Figures(number(row, "score"), error, samples, percentiles);
    }

    private static @Nullable Ratio ratio(JsonNode row) throws RunFormatException {
        final JsonNode node = row.path("ratio");
        if (node.isMissingNode()) {
            return null;
        }
        return new Ratio(text(node, "baseline"), number(node, "value"), number(node, "low"), number(node, "high"));
    }

    private static JsonNode array(JsonNode node, String field, int max) throws RunFormatException {
        final JsonNode array = node.path(field);
        if (!array.isArray() || array.size() > max) {
            throw new RunFormatException("'" + field + "' is no list of at most " + max);
        }
        return array;
    }

    private static Iterable<Map.Entry<String, JsonNode>> entries(JsonNode node, String field)
            throws RunFormatException {
        final JsonNode object = node.path(field);
        if (!object.isObject() || object.size() > ENTRIES_MAX) {
            throw new RunFormatException("'" + field + "' is no object of at most " + ENTRIES_MAX + " fields");
        }
        return object.properties();
    }

    private static String text(JsonNode node, String field) throws RunFormatException {
        final JsonNode value = node.path(field);
        if (!value.isTextual() || value.asText().length() > TEXT_MAX) {
            throw new RunFormatException("'" + field + "' is no text of at most " + TEXT_MAX + " characters");
        }
        return value.asText();
    }

    private static double number(JsonNode node, String field) throws RunFormatException {
        final JsonNode value = node.path(field);
        if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
            throw new RunFormatException("'" + field + "' is no number");
        }
        return value.asDouble();
    }

    private static Instant time(JsonNode node, String field) throws RunFormatException {
        try {
            return Instant.parse(text(node, field));
        } catch (DateTimeException wrong) {
            throw new RunFormatException("'" + field + "' is no time as in 2026-11-29T12:00:00Z");
        }
    }

    private static String shortened(String text) {
        return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX);
    }
}
