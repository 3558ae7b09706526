package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of the history, as {@code silo bench history} writes it, in a real browser; which JDK wrote it makes no difference. */
@Tag("newest-jdk")
@Tag("both-cores")
class BenchPageIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int COMMITS = 16;
    private static final Instant FIRST = Instant.parse("2026-11-01T12:00:00Z");
    private static final String[][] MACHINES = {{"1f0c9a77", "Model 7"}, {"b2e4410d", "Model 9"}};

    @TempDir
    Path directory;

    private HeadlessBrowser browser;
    private Path page;

    @BeforeEach
    void open() throws Exception {
        assumeThat(HeadlessBrowser.installed())
                .as("Chromium is installed (Debian: chromium-headless-shell)")
                .isPresent();
        final Path history = Files.createDirectories(directory.resolve("history"));
        for (int commit = 0; commit < COMMITS; commit++) {
            for (int machine = 0; machine < MACHINES.length; machine++) {
                Files.writeString(
                        history.resolve(commit + "-" + machine + ".json"),
                        run(commit, machine).toString());
            }
        }
        Files.writeString(history.resolve("broken.json"), "{");
        page = directory.resolve("page.html");
        final CommandLineFixture.Run drawn = CommandLineFixture.run(
                "bench", "history", "--days", "0", "--from", history.toString(), "--output", page.toString());
        assertThat(drawn.exitCode()).isEqualTo(ExitCode.OK);
        browser = HeadlessBrowser.start(HeadlessBrowser.installed().orElseThrow(), directory.resolve("profile"));
        browser.resize(1300, 2200);
        browser.preferScheme("light");
        browser.open(page);
    }

    @AfterEach
    void close() throws Exception {
        if (browser != null) {
            browser.close();
        }
    }

    /** A run whose throughput takes a step in the middle, on the first machine. */
    private static ObjectNode run(int commit, int machine) {
        final ObjectNode run = JSON.createObjectNode();
        final Instant date = FIRST.plus(Duration.ofDays(commit));
        run.put("schema", 1).put("kind", "silo-bench-run").put("suite", "quick");
        run.put("started", date.plusSeconds(600).toString());
        run.putObject("commit")
                .put("hash", String.format("%010x%030d", 0xabc0000000L + commit, 0))
                .put("subject", "shard: change <" + commit + "> & more")
                .put("date", date.toString())
                .put("dirty", false);
        run.putObject("machine")
                .put("id", MACHINES[machine][0])
                .put("cores", 2)
                .put("cpu", MACHINES[machine][1])
                .put("memory_mib", 16_000)
                .put("kernel", "Linux 6.1")
                .put("file_system", "ext4");
        run.putObject("jvm")
                .put("version", "25.0.3+9-LTS")
                .put("vendor", "Somebody")
                .putArray("flags");
        run.putArray("left_out");
        final double throughput = (commit < COMMITS / 2 || machine == 1 ? 100_000 : 130_000) + 500 * (commit % 3);
        run.set(
                "scores",
                JSON.createArrayNode()
                        .add(score("load.durable", "thrpt", "lifecycles/s", throughput, 500_000))
                        .add(score("load.enqueue", "sample", "us", 300 + commit % 4, 150)));
        run.set("baselines", JSON.createArrayNode().add(score("load.enqueue.bareSync", "sample", "us", 150, 0)));
        return run;
    }

    private static ObjectNode score(String name, String mode, String unit, double value, double baseline) {
        final ObjectNode score = JSON.createObjectNode();
        score.put("benchmark", name).put("mode", mode).put("unit", unit).put("durability", "durable");
        score.putObject("params");
        score.put("score", value).put("error", value / 100).put("iterations", 2);
        score.putArray("samples").add(value).add(value);
        if (baseline > 0) {
            final double ratio = value / baseline;
            score.putObject("ratio")
                    .put("baseline", "bare disk")
                    .put("value", ratio)
                    .put("low", ratio * 0.98)
                    .put("high", ratio * 1.02);
        }
        return score;
    }

    private int count(String selector) throws Exception {
        return browser.evaluate("document.querySelectorAll(" + JSON.writeValueAsString(selector) + ").length")
                .asInt();
    }

    private String text(String selector) throws Exception {
        return browser.evaluate("document.querySelector(" + JSON.writeValueAsString(selector) + ").textContent")
                .asText();
    }

    private void choose(String id, String value) throws Exception {
        browser.evaluate("{ const field = document.getElementById('" + id + "'); field.value = '" + value
                + "'; field.dispatchEvent(new Event('" + (id.equals("filter") ? "input" : "change") + "')); }");
    }

    @Test
    void shouldDrawEachBenchmarkWithItsRatioAndItsStep() throws Exception {
        assertThat(count("article.chart")).isEqualTo(3);
        // Score and ratio of two, and a baseline, which is divided by nothing.
        assertThat(count("article.chart svg")).isEqualTo(5);
        assertThat(count("article.chart svg circle.point")).isEqualTo(5 * 2 * COMMITS);
        assertThat(count("article.chart svg path.path[d^=M]")).isEqualTo(10);
        assertThat(count("article.chart svg line.whisker")).isEqualTo(5 * 2 * COMMITS);
        assertThat(count("section.group")).isEqualTo(3);
        assertThat(text("section.group h2")).startsWith("Throughput");
        assertThat(count("svg line.step.better")).isEqualTo(2); // the score's and the ratio's
        assertThat(text("svg text.mark")).isEqualTo("▲ +30 %");
        assertThat(browser.evaluate("document.querySelector('svg').getBoundingClientRect().width")
                        .asDouble())
                .isGreaterThan(200);
        assertThat(text("#skipped li")).isEqualTo("broken.json: it is not JSON");

        browser.evaluate("document.querySelector('#value input[value=ratio]').click()");
        assertThat(count("article.chart svg")).isEqualTo(3);
        browser.evaluate("document.querySelector('#axis input[value=dates]').click()");
        assertThat(text("article.chart svg text[text-anchor=end]:last-of-type, article.chart svg"))
                .contains("2026-11-16");
    }

    @Test
    void shouldTellTheCommitUnderThePointerAndUnderTheKeyboard() throws Exception {
        assertThat(browser.evaluate("document.getElementById('tip').hidden").asBoolean())
                .isTrue();
        final JsonNode at = browser.evaluate("(() => { const box = document.querySelectorAll('circle.point')[3]"
                + ".getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()");

        browser.move(at.path(0).asDouble(), at.path(1).asDouble());
        browser.await("!document.getElementById('tip').hidden");

        assertThat(text("#tip"))
                .contains("abc0000003")
                .contains("shard: change <3> & more")
                .contains("100,000 ± 1,000 lifecycles/s")
                .contains("0.2000 (0.1960 to 0.2040)")
                .contains("1f0c9a77");
        browser.move(2, 2);
        browser.await("document.getElementById('tip').hidden");

        browser.evaluate("document.querySelector('article.chart svg').focus()");
        browser.key("Home");
        browser.await("!document.getElementById('tip').hidden");
        assertThat(text("#tip")).contains("change <0>");
        browser.key("End");
        assertThat(text("#tip")).contains("change <15>");
        browser.key("Escape");
        browser.await("document.getElementById('tip').hidden");
    }

    @Test
    void shouldShowTheMachineTheTextAndTheThemeThatAreChosen() throws Exception {
        choose("machine", "b2e4410d");
        assertThat(count("article.chart svg circle.point")).isEqualTo(5 * COMMITS);
        assertThat(count("svg line.step")).isZero();
        assertThat(count("#latest tbody tr")).isEqualTo(3);
        choose("filter", "DURABLE load.dur");
        assertThat(count("article.chart")).isOne();
        choose("filter", "nothing of that kind");
        assertThat(count("article.chart")).isZero();
        assertThat(text("#charts")).contains("Nothing matches the filter.");
        choose("filter", "");

        final String light = background();
        browser.evaluate("document.getElementById('theme').click()");
        assertThat(background()).isNotEqualTo(light);
        browser.evaluate("document.getElementById('theme').click()");
        assertThat(background()).isEqualTo(light);
        browser.evaluate("localStorage.clear()");
        browser.open(page);
        browser.preferScheme("dark");
        browser.await("document.documentElement.dataset.theme === 'dark'");
        assertThat(background()).isNotEqualTo(light);
    }

    private String background() throws Exception {
        return browser.evaluate("getComputedStyle(document.body).backgroundColor")
                .asText();
    }

    @Test
    void shouldSortAndCompare() throws Exception {
        assertThat(count("#latest tbody tr")).isEqualTo(6);
        browser.evaluate(
                "[...document.querySelectorAll('#latest thead button')].find(b => b.textContent === 'Latest').click()");
        assertThat(text("#latest tbody tr")).contains("load.enqueue.bareSync");
        assertThat(count("#latest th[aria-sort=ascending]")).isOne();
        browser.evaluate(
                "[...document.querySelectorAll('#latest thead button')].find(b => b.textContent === 'Latest').click()");
        assertThat(text("#latest tbody tr")).contains("load.durable").contains("130,000");

        // From the first commit to the last.
        assertThat(count("#compare tbody tr")).isEqualTo(6);
        assertThat(text("#compare tbody tr"))
                .contains("load.durable")
                .contains("1.300")
                .contains("▲ better");
        choose("from", "15");
        assertThat(text("#compare tbody tr")).contains("1.000").contains("within errors");
    }

    @Test
    void shouldFitAPhone() throws Exception {
        browser.resize(390, 800);
        browser.await("document.querySelector('svg').getBoundingClientRect().right <= 390");

        assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(390);
        assertThat(count("article.chart svg circle.point")).isEqualTo(5 * 2 * COMMITS);
    }

    @Test
    void shouldSayThatThereIsNothing() throws IOException, Exception {
        final Path empty = directory.resolve("empty.html");
        final CommandLineFixture.Run drawn = CommandLineFixture.run(
                "bench",
                "history",
                "--from",
                Files.createDirectories(directory.resolve("none")).toString(),
                "--output",
                empty.toString());
        assertThat(drawn.exitCode()).isEqualTo(ExitCode.REFUSED);

        browser.open(empty);
        browser.await("document.title === 'Silo benchmarks' && !document.getElementById('empty').hidden");

        assertThat(text("#empty")).contains("./silo bench run --suite quick");
        assertThat(browser.evaluate("document.getElementById('content').hidden").asBoolean())
                .isTrue();
    }
}
