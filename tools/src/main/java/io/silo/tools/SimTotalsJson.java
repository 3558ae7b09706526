package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.simulation.SimTotals;
import java.util.stream.Collectors;

/** What simulations added up to: seeds, simulated time, faults by kind, invariants looked at. */
final class SimTotalsJson {
    private SimTotalsJson() {}

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
}
