package io.silo.tools;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.FaultFilter;
import io.silo.simulation.world.Feature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** What is left out of a simulation: as its own report of a failure names it. */
final class SimFilterOptions {
    @Option(
            names = "--without-fault",
            paramLabel = "NAME",
            split = ",",
            description = "With --seed: faults that never strike, as in message-loss.")
    private List<String> withoutFaults = List.of();

    @Option(
            names = "--without-feature",
            paramLabel = "NAME",
            split = ",",
            description = "With --seed: features that nobody uses, as in long-poll.")
    private List<String> withoutFeatures = List.of();

    @Option(
            names = "--skip",
            paramLabel = "FIRST-LAST",
            split = ",",
            description = "With --seed: faults, by number in the trace, that do not strike.")
    private List<String> skipped = List.of();

    @Option(names = "--jobs-each", paramLabel = "N", description = "With --seed: jobs of each producer at most.")
    private int jobsEach = Integer.MAX_VALUE;

    FaultFilter filter() {
        return new FaultFilter(
                named(withoutFaults, Fault.values(), Fault::label, "fault"),
                named(withoutFeatures, Feature.values(), Feature::label, "feature"),
                ranges(),
                jobsEach);
    }

    private static <T> Set<T> named(List<String> names, T[] all, Function<T, String> label, String what) {
        final Set<T> found = new LinkedHashSet<>();
        for (String name : names) {
            found.add(Arrays.stream(all)
                    .filter(candidate -> label.apply(candidate).equals(name))
                    .findFirst()
                    .orElseThrow(() -> CommandFailure.usage(
                            "There is no " + what + " called '" + name + "'.",
                            "There are: " + Arrays.stream(all).map(label).collect(Collectors.joining(", ")))));
        }
        return found;
    }

    private List<FaultFilter.Range> ranges() {
        final List<FaultFilter.Range> ranges = new ArrayList<>();
        for (String text : skipped) {
            final int dash = text.indexOf('-');
            try {
                final long first = Long.parseLong(dash < 0 ? text : text.substring(0, dash));
                ranges.add(new FaultFilter.Range(first, dash < 0 ? first : Long.parseLong(text.substring(dash + 1))));
            } catch (NumberFormatException wrong) {
                throw CommandFailure.usage("--skip takes numbers as in 3-17, not '" + text + "'.", "");
            }
        }
        return ranges;
    }
}
