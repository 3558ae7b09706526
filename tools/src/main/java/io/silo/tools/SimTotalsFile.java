package io.silo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.simulation.SimTotals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** What simulations added up to since the file was begun: seeds, simulated time, faults by kind, invariants looked at. */
final class SimTotalsFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private SimTotalsFile() {}

    static ObjectNode json(SimTotals totals) {
        final ObjectNode node = Output.object();
        node.put("seeds", totals.seeds());
        node.put("passed", totals.passed());
        node.put("failed", totals.failed());
        node.put("void", totals.voids());
        node.put("simulated_ms", totals.simulatedMs());
        node.put("jobs", totals.jobs());
        node.put("broker_lives", totals.lives());
        node.put("messages", totals.messages());
        node.put("invariant_checks", totals.checks());
        final ObjectNode faults = node.putObject("faults");
        totals.faults().forEach((fault, count) -> faults.put(fault.label(), count));
        final ObjectNode scenarios = node.putObject("scenarios");
        totals.seedsByScenario().forEach(scenarios::put);
        return node;
    }

    static String faults(SimTotals totals) {
        return totals.faults().entrySet().stream()
                .map(entry -> entry.getKey().label() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    /** Adds each number to the one of the same name. */
    static void add(Path file, SimTotals totals) {
        try {
            final ObjectNode sum = Files.exists(file) ? read(file) : Output.object();
            add(sum, json(totals));
            Files.writeString(file, Output.pretty(sum) + "\n", StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "TOTALS",
                    "The totals in " + file + " cannot be added to: " + failed.getMessage(),
                    "");
        }
    }

    private static ObjectNode read(Path file) throws IOException {
        final JsonNode node = JSON.readTree(file.toFile());
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new IOException("it is no JSON object");
    }

    private static void add(ObjectNode sum, ObjectNode more) {
        more.properties().forEach(field -> {
            if (field.getValue() instanceof ObjectNode nested) {
                add(sum.withObject("/" + field.getKey()), nested);
            } else {
                sum.put(
                        field.getKey(),
                        sum.path(field.getKey()).asLong() + field.getValue().asLong());
            }
        });
    }
}
