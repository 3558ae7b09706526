package io.silo.bench.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.bench.history.BenchRun.Commit;
import io.silo.bench.history.RunFiles.Skipped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryPageTest {
    private static final String EVIL = "</script><script>alert('&')</script>\u2028";

    @Test
    void shouldHoldEverythingAndLoadNothing() throws IOException {
        final BenchRun plain = Runs.run(1, Runs.MACHINE, 5_000);
        final BenchRun run = new BenchRun(
                plain.started(),
                plain.suite(),
                new Commit(plain.commit().hash(), EVIL, plain.commit().date(), false),
                plain.machine(),
                plain.jvm(),
                plain.scores(),
                plain.baselines(),
                plain.leftOut());

        final String page = HistoryPage.of(
                new RunFiles(List.of(run), List.of(new Skipped("<b>.json", "it is not JSON"))), 0, Runs.BEGIN);

        assertThat(page).doesNotContain(EVIL).doesNotContain("<b>.json");
        assertThat(page).doesNotContain("/*DATA*/", "/*STYLE*/", "/*SCRIPT*/");
        // The name of SVG's elements is the only address, and it is never asked for.
        assertThat(page.replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("http://", "https://", "src=", "@import", "url(");
        assertThat(data(page).path("commits").path(0).path("subject").asText()).isEqualTo(EVIL);
        assertThat(page.length()).isLessThan(1 << 20);
    }

    @Test
    void shouldGiveEachMachineItsSeriesWithItsSteps() throws IOException {
        final Machine other = Machine.of(8, "Model 9", 32_000, "Linux 6.1", "xfs");
        final List<BenchRun> runs = new ArrayList<>();
        for (int day = 0; day < 16; day++) {
            runs.add(Runs.run(day, Runs.MACHINE, (day < 8 ? 5_000 : 6_000) + day % 3));
            runs.add(Runs.run(day, other, 9_000 + day % 3));
        }

        final JsonNode data = data(HistoryPage.of(new RunFiles(runs, List.of()), 30, Runs.BEGIN));

        assertThat(data.path("commits")).hasSize(16);
        assertThat(data.path("machines")).hasSize(2);
        assertThat(data.path("series")).hasSize(6);
        int steps = 0;
        for (JsonNode series : data.path("series")) {
            final boolean isStepped = series.path("benchmark").asText().equals("log.append.log")
                    && series.path("machine").asInt() == 0;
            assertThat(series.path("points")).hasSize(16);
            assertThat(series.path("changes")).hasSize(isStepped ? 1 : 0);
            assertThat(series.path("ratio_changes")).hasSize(isStepped ? 1 : 0);
            if (isStepped) {
                steps++;
                assertThat(series.path("changes").path(0).path("at").asInt()).isEqualTo(8);
                assertThat(series.path("changes").path(0).path("factor").asDouble())
                        .isBetween(1.19, 1.21);
            }
        }
        assertThat(steps).isOne();
    }

    private static JsonNode data(String page) throws IOException {
        final String begin = "<script id=\"data\" type=\"application/json\">";
        final int from = page.indexOf(begin) + begin.length();
        return new ObjectMapper().readTree(page.substring(from, page.indexOf("</script>", from)));
    }
}
