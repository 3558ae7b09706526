package io.silo.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.silo.bench.Baseline;
import io.silo.bench.Effort;
import io.silo.bench.SuiteEntry;
import io.silo.bench.history.BenchRun.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Mode;

class JmhResultsTest {
    private static final Effort EFFORT = new Effort(1, 1, 2, 100);

    @TempDir
    Path directory;

    private List<Score> read(SuiteEntry entry, String json) throws IOException {
        return JmhResults.read(Files.writeString(directory.resolve("jmh.json"), json), entry);
    }

    private static SuiteEntry entry(String name, Mode mode, Baseline baseline) {
        return new SuiteEntry(name, "x", Map.of(), mode, baseline, EFFORT);
    }

    private static String row(String method, String mode, String params, String metric) {
        return "{\"benchmark\":\"a.b.C." + method + "\",\"mode\":\"" + mode + "\",\"params\":{" + params
                + "},\"primaryMetric\":{\"scoreUnit\":\"ops/s\"," + metric + "}}";
    }

    @Test
    void shouldDivideEachRowByTheBaselineOfItsParameters() throws IOException {
        final SuiteEntry entry = entry("log.append", Mode.Throughput, Baseline.method("plain"));
        final List<Score> rows = read(
                entry,
                "[" + row("log", "thrpt", "\"n\":\"1\"", "\"rawData\":[[10,11],[9,10]]") + ","
                        + row("log", "thrpt", "\"n\":\"2\"", "\"rawData\":[[30]]") + ","
                        + row("plain", "thrpt", "\"n\":\"1\"", "\"rawData\":[[20,20],[20,20]]") + "]");
        final Ratios ratios = new Ratios();
        ratios.add(entry, rows);

        assertThat(ratios.baselines).extracting(Score::benchmark).containsExactly("log.append.plain");
        assertThat(ratios.scores).extracting(Score::benchmark).containsExactly("log.append.log", "log.append.log");
        final Score first = ratios.scores.get(0);
        assertThat(first.figures().samples()).containsExactly(10.0, 11.0, 9.0, 10.0);
        assertThat(first.figures().error()).isCloseTo(1.299, within(0.001));
        assertThat(first.durability()).isEqualTo("appended");
        assertThat(first.ratio()).isNotNull();
        assertThat(first.ratio().value()).isEqualTo(0.5);
        assertThat(first.ratio().low()).isCloseTo(0.439, within(0.001));
        // The baseline was not run with n=2, as an old commit that does not know it.
        assertThat(ratios.scores.get(1).ratio()).isNull();
        assertThat(ratios.scores.get(1).figures().error()).isNull();
    }

    @Test
    void shouldTakeAnotherValueOfAParameterForTheBaseline() throws IOException {
        final SuiteEntry entry = entry("limit.grant", Mode.AverageTime, Baseline.param("waiting", "NONE"));
        final Ratios ratios = new Ratios();
        ratios.add(
                entry,
                read(
                        entry,
                        "[" + row("cycle", "avgt", "\"waiting\":\"MANY\"", "\"rawData\":[[12]]") + ","
                                + row("cycle", "avgt", "\"waiting\":\"NONE\"", "\"rawData\":[[8]]") + "]"));

        assertThat(ratios.baselines).hasSize(1);
        assertThat(ratios.scores).singleElement().satisfies(score -> {
            assertThat(score.isHigherBetter()).isFalse();
            assertThat(score.ratio().baseline()).isEqualTo("limit.grant.cycle (waiting=NONE)");
            assertThat(score.ratio().value()).isEqualTo(1.5);
        });
    }

    @Test
    void shouldMakeSamplesOfHistograms() throws IOException {
        final List<Score> rows = read(
                entry("log.sync", Mode.SampleTime, Baseline.method("plain")),
                "["
                        + row(
                                "log",
                                "sample",
                                "",
                                "\"rawDataHistogram\":[[[[100,3],[200,1]],[[300,2]]]],"
                                        + "\"scorePercentiles\":{\"50.0\":100,\"90.0\":300,\"99.0\":300,\"99.9\":300,\"100.0\":300}")
                        + "]");

        assertThat(rows).singleElement().satisfies(row -> {
            assertThat(row.figures().samples()).containsExactly(125.0, 300.0);
            assertThat(row.figures().percentiles()).containsEntry("50", 100.0).containsKeys("90", "99", "99.9", "100");
            assertThat(row.durability()).isEqualTo("durable");
        });
    }

    @Test
    void shouldReadFlagsForTheJavaThatRuns() {
        final List<String> lines = List.of("# the first that takes them", "17 -a -b", "24 -c", "", "30 -d");

        assertThat(Build.jvmFlags(lines, 17)).containsExactly("-a", "-b");
        assertThat(Build.jvmFlags(lines, 25)).containsExactly("-a", "-b", "-c");
    }
}
