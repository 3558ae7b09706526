package io.silo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark class there is, tiny, so that none of them rots; a new one is here by itself. */
@Tag("newest-jdk")
class AllBenchmarksTest {
    /** Values of the parameters that make a benchmark large; all others keep the first value of their own. */
    private static final Map<String, String> TINY = Map.of(
            "records", "50",
            "stored", "100",
            "jobs", "3",
            "shape", "2x5",
            "waiting", "ONE_KEY_1K",
            "recordsPerSync", "3");

    private static final int ITERATION_MS = 5;

    static Stream<String> classes() {
        final var names = new TreeSet<String>();
        Benchmarks.all().forEach(benchmark -> names.add(benchmark.getUserClassQName()));
        return names.stream();
    }

    @ParameterizedTest
    @MethodSource("classes")
    void shouldGiveAPositiveScoreForEveryMethod(String name) throws RunnerException {
        // The lock of JMH is for figures that mean something.
        System.setProperty("jmh.ignoreLock", "true");
        System.setProperty("silo.bench.keep_server", "true");
        final var methods = new TreeSet<String>();
        final ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + Pattern.quote(name) + "\\.")
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(ITERATION_MS))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        for (BenchmarkListEntry benchmark : Benchmarks.all()) {
            if (benchmark.getUserClassQName().equals(name)) {
                methods.add(benchmark.getUsername());
                Benchmarks.params(benchmark)
                        .forEach((param, values) -> options.param(param, TINY.getOrDefault(param, values[0])));
            }
        }
        final var ran = new TreeSet<String>();
        for (RunResult result : new Runner(options.build()).run()) {
            final String benchmark = result.getParams().getBenchmark();
            ran.add(benchmark);
            assertThat(result.getPrimaryResult().getScore()).as(benchmark).isPositive();
        }
        assertThat(ran).isEqualTo(methods);
    }
}
