package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.bench.load.LoadSettings;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;

/** What {@code load --query} prints. */
final class BesideQueryOutput {
    private final LoadSettings settings;
    private final double[] alone;
    private final double[] beside;
    private final RepeatedQuery.Result query;

    /**
     * @param alone lifecycles a second of the loads without the query, one more than of the others.
     * @param beside of those beside it, each between two of {@code alone}.
     */
    BesideQueryOutput(LoadSettings settings, double[] alone, double[] beside, RepeatedQuery.Result query) {
        this.settings = settings;
        this.alone = alone;
        this.beside = beside;
        this.query = query;
    }

    /** Of the mean of its two neighbours each, and of those the median: the server's pace changes with its jobs. */
    private double share() {
        final double[] shares = new double[beside.length];
        for (int round = 0; round < beside.length; round++) {
            shares[round] = 2 * beside[round] / (alone[round] + alone[round + 1]);
        }
        Arrays.sort(shares);
        return shares[shares.length / 2];
    }

    ObjectNode json() {
        final ObjectNode node = Output.object();
        node.put("share_of_load_alone", share());
        figures(node.putArray("alone_lifecycles_per_second"), alone);
        figures(node.putArray("beside_lifecycles_per_second"), beside);
        node.put("durability", settings.durability().name().toLowerCase(Locale.ROOT));
        node.put("window", settings.window());
        node.put("payload_bytes", settings.payloadBytes());
        node.put("tenants", settings.tenants());
        node.putObject("query")
                .put("answers", query.count())
                .put("rows", query.rows())
                .put("p50_ms", query.p50Ms())
                .put("max_ms", query.maxMs());
        return node;
    }

    private static void figures(ArrayNode array, double[] values) {
        for (final double value : values) {
            array.add(value);
        }
    }

    void text(PrintWriter out) {
        out.println(String.format(
                Locale.ROOT,
                "%.2f of the load alone: the median of %d rounds, each between two alone  (%s, lifecycles/s)",
                share(),
                beside.length,
                settings.durability().name().toLowerCase(Locale.ROOT)));
        out.println("  alone   " + shown(alone));
        out.println("  beside  " + shown(beside));
        out.println(String.format(
                Locale.ROOT,
                "  query   once a second: %,d answers of %,d rows, p50 %,.1f ms, slowest %,.1f ms",
                query.count(),
                query.rows(),
                query.p50Ms(),
                query.maxMs()));
    }

    private static String shown(double[] values) {
        final StringBuilder line = new StringBuilder();
        for (final double value : values) {
            line.append(String.format(Locale.ROOT, "%,12.0f", value));
        }
        return line.toString();
    }
}
