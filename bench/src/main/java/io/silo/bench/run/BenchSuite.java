package io.silo.bench.run;

import io.silo.bench.Effort;
import io.silo.bench.SuiteEntry;
import io.silo.bench.Suites;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A suite with its loads: everything that a run measures. Immutable.
 *
 * @param name quick, full or tiny.
 * @param entries of JMH.
 * @param loads of a server, each on a fresh data directory.
 * @param loadRuns how often each load is run.
 * @param loadSeconds length of each.
 */
public record BenchSuite(String name, List<SuiteEntry> entries, List<LoadCase> loads, int loadRuns, int loadSeconds) {
    /** The suite that shows that everything runs, and nothing else. */
    public static final String TINY = "tiny";

    private static final Effort ONE_LOOK = new Effort(1, 0, 1, 100);

    public BenchSuite {
        entries = List.copyOf(entries);
        loads = List.copyOf(loads);
    }

    /**
     * The suite of a name.
     *
     * @throws IllegalArgumentException with a sentence if there is none.
     */
    public static BenchSuite named(String name) {
        final List<LoadCase> loads = Arrays.asList(LoadCase.values());
        return switch (name) {
            case "quick" -> new BenchSuite(name, Suites.quick(), loads, 3, 6);
            case "full" -> new BenchSuite(name, Suites.full(), loads, 5, 15);
            case TINY -> new BenchSuite(name, Suites.quick(), loads, 1, 1).withEffort(effort -> ONE_LOOK);
            default -> throw new IllegalArgumentException("There is no suite called '" + name + "'.");
        };
    }

    /** What a regular expression finds in the names of entries and loads. */
    public BenchSuite filtered(Pattern filter) {
        return new BenchSuite(
                name,
                entries.stream()
                        .filter(entry -> filter.matcher(entry.name()).find())
                        .toList(),
                loads.stream()
                        .filter(load -> filter.matcher(load.benchmark()).find())
                        .toList(),
                loadRuns,
                loadSeconds);
    }

    /** The same with so many processes for each row of JMH. */
    public BenchSuite withForks(int forks) {
        return withEffort(effort -> new Effort(forks, effort.warmUps(), effort.measurements(), effort.iterationMs()));
    }

    /** What one round of a comparison does: one process of each row, one run of each load. */
    BenchSuite round() {
        return new BenchSuite(name, entries, loads, 1, loadSeconds).withForks(1);
    }

    /** True if nothing is in it. */
    public boolean isEmpty() {
        return entries.isEmpty() && loads.isEmpty();
    }

    private BenchSuite withEffort(UnaryOperator<Effort> change) {
        return new BenchSuite(
                name,
                entries.stream()
                        .map(entry -> new SuiteEntry(
                                entry.name(),
                                entry.include(),
                                entry.params(),
                                entry.mode(),
                                entry.baseline(),
                                change.apply(entry.effort())))
                        .toList(),
                loads,
                loadRuns,
                loadSeconds);
    }
}
