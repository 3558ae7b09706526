package io.silo.bench;

import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Some methods of one benchmark class, their parameters, and the row that each of them is divided by. Immutable.
 *
 * @param name short, unique in its suite, steady from version to version: what a history is kept under.
 * @param include regular expression that finds the methods, baseline among them, by their full names.
 * @param params values for parameters of the class; one that is not named has those of its annotation.
 * @param mode what is measured: {@link Mode#Throughput} is the better the higher, all others the lower.
 * @param baseline by what a row is divided.
 * @param effort how long each row is looked at.
 */
public record SuiteEntry(
        String name, String include, Map<String, List<String>> params, Mode mode, Baseline baseline, Effort effort) {
    public SuiteEntry {
        if (name.isEmpty() || include.isEmpty()) {
            throw new IllegalArgumentException("Expected an entry to have a name and an expression.");
        }
        params = Map.copyOf(params);
    }

    /** True if a higher score is the better one. */
    public boolean isHigherBetter() {
        return mode == Mode.Throughput;
    }

    /** Options for JMH that run this entry and nothing else; the caller adds profilers and where the result goes. */
    public ChainedOptionsBuilder options() {
        final TimeValue length = TimeValue.milliseconds(effort.iterationMs());
        final ChainedOptionsBuilder options = new OptionsBuilder()
                .include(include)
                .mode(mode)
                .forks(effort.forks())
                .warmupIterations(effort.warmUps())
                .warmupTime(length)
                .measurementIterations(effort.measurements())
                .measurementTime(length);
        params.forEach((name, values) -> options.param(name, values.toArray(String[]::new)));
        return options;
    }
}
