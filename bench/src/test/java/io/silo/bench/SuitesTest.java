package io.silo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkListEntry;

/** The suites name benchmarks, parameters and baselines that are there, and the full one names all. */
class SuitesTest {
    /** What the quick suite is allowed on two cores, with what starting a process and setting a benchmark up takes. */
    private static final int QUICK_SECONDS_MAX = 360;

    private static final int START_SECONDS = 3;

    private static final List<BenchmarkListEntry> BENCHMARKS = Benchmarks.all();

    @Test
    void shouldNameEachEntryOnce() {
        for (List<SuiteEntry> suite : List.of(Suites.quick(), Suites.full())) {
            assertThat(suite).extracting(SuiteEntry::name).doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldNameBaselinesAndParametersThatAreThere() {
        for (List<SuiteEntry> suite : List.of(Suites.quick(), Suites.full())) {
            for (SuiteEntry entry : suite) {
                final List<BenchmarkListEntry> found = benchmarksOf(entry);
                assertThat(found).as(entry.name()).isNotEmpty();
                final String baseline = entry.baseline().method();
                if (!baseline.isEmpty()) {
                    assertThat(found).as(entry.name()).hasSizeGreaterThan(1);
                    assertThat(found)
                            .as(entry.name())
                            .anyMatch(benchmark -> benchmark.getUsername().endsWith("." + baseline));
                }
                for (BenchmarkListEntry benchmark : found) {
                    final Set<String> known = Benchmarks.params(benchmark).keySet();
                    assertThat(known)
                            .as(entry.name())
                            .containsAll(entry.params().keySet());
                    assertThat(known)
                            .as(entry.name())
                            .containsAll(entry.baseline().params().keySet());
                }
                entry.baseline().params().forEach((param, value) -> {
                    final Collection<String> values = entry.params().get(param);
                    if (values != null) {
                        assertThat(values).as(entry.name()).contains(value);
                    }
                });
            }
        }
    }

    @Test
    void shouldHaveEveryBenchmarkInTheFullSuite() {
        final Set<String> named = new HashSet<>();
        Suites.full().forEach(entry -> benchmarksOf(entry).forEach(benchmark -> named.add(benchmark.getUsername())));
        assertThat(BENCHMARKS)
                .extracting(BenchmarkListEntry::getUsername)
                .as("add the benchmark to Suites.full()")
                .allMatch(named::contains);
    }

    @Test
    void shouldTakeLessThanSixMinutesForTheQuickSuite() {
        int seconds = 0;
        for (SuiteEntry entry : Suites.quick()) {
            final Effort effort = entry.effort();
            final int iterations = effort.warmUps() + effort.measurements();
            final int rowSeconds = effort.forks() * (START_SECONDS + iterations * effort.iterationMs() / 1_000);
            int rows = 0;
            for (BenchmarkListEntry benchmark : benchmarksOf(entry)) {
                rows += rowsOf(benchmark, entry);
            }
            seconds += rows * rowSeconds;
        }
        assertThat(seconds).isBetween(1, QUICK_SECONDS_MAX);
    }

    @Test
    void shouldRefuseEntriesThatNameNothing() {
        assertThatThrownBy(() -> new Baseline("", Map.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Effort(0, 1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        final SuiteEntry entry = Suites.quick().get(0);
        assertThatThrownBy(() ->
                        new SuiteEntry("", entry.include(), Map.of(), entry.mode(), entry.baseline(), entry.effort()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldGiveTheOptionsOfAnEntry() {
        final SuiteEntry entry = Suites.quick().get(0);
        assertThat(entry.options().build().getIncludes()).containsExactly(entry.include());
        assertThat(entry.options().build().getForkCount().get())
                .isEqualTo(entry.effort().forks());
        assertThat(entry.isHigherBetter()).isTrue();
    }

    private static int rowsOf(BenchmarkListEntry benchmark, SuiteEntry entry) {
        int rows = 1;
        for (var param : Benchmarks.params(benchmark).entrySet()) {
            final List<String> values = entry.params().get(param.getKey());
            rows *= values == null ? param.getValue().length : values.size();
        }
        return rows;
    }

    private static List<BenchmarkListEntry> benchmarksOf(SuiteEntry entry) {
        final Pattern include = Pattern.compile(entry.include());
        return BENCHMARKS.stream()
                .filter(benchmark -> include.matcher(benchmark.getUsername()).find())
                .toList();
    }
}
