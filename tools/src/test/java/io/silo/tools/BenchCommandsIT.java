package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.bench.history.BenchRun;
import io.silo.bench.history.RunFiles;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands do around benchmarks rests on no JDK, and JMH starts processes for seconds. */
@Tag("newest-jdk")
@Tag("both-cores")
class BenchCommandsIT {
    @TempDir
    Path directory;

    @Test
    void shouldRunOneBenchmarkAndOneLoadAndDrawThem() throws IOException {
        final Path history = directory.resolve("history");

        final Run run = CommandLineFixture.run(
                "bench",
                "run",
                "--suite",
                "tiny",
                "--filter",
                "^(log.append|load.enqueue)$",
                "--dir",
                directory.resolve("work").toString(),
                "--output",
                history.toString());

        assertThat(run.exitCode()).as("%s%s", run.out(), run.err()).isEqualTo(ExitCode.OK);
        final RunFiles files = RunFiles.read(history);
        assertThat(files.skipped()).isEmpty();
        final BenchRun measured = files.runs().get(0);
        assertThat(measured.scores())
                .extracting(BenchRun.Score::benchmark)
                .containsExactly("log.append.log", "load.enqueue");
        assertThat(measured.scores()).allSatisfy(score -> {
            assertThat(score.figures().score()).isPositive();
            assertThat(score.ratio()).isNotNull();
        });
        assertThat(measured.leftOut()).isEmpty();
        assertThat(directory.resolve("work")).isEmptyDirectory();
        assertThat(Files.readString(fileOf(history))).doesNotContain(directory.toString());

        final Path page = directory.resolve("page.html");
        final Run drawn = CommandLineFixture.run(
                "bench", "history", "--json", "--days", "0", "--from", history.toString(), "--output", page.toString());
        assertThat(drawn.exitCode()).isEqualTo(ExitCode.OK);
        final JsonNode told = new ObjectMapper().readTree(drawn.out());
        assertThat(told.path("runs").asInt()).isOne();
        assertThat(Files.readString(page))
                .contains("log.append.log")
                .contains(measured.commit().hash());
    }

    private static Path fileOf(Path history) throws IOException {
        try (var files = Files.list(history)) {
            return files.findFirst().orElseThrow();
        }
    }

    @Test
    void shouldSayThatThereIsNoRunAndHowToMakeOne() throws IOException {
        final Path history = Files.createDirectories(directory.resolve("history"));
        Files.writeString(history.resolve("broken.json"), "{");
        Files.writeString(history.resolve("newer.json"), "{\"kind\":\"silo-bench-run\",\"schema\":9}");
        final Path page = directory.resolve("page.html");

        final Run run =
                CommandLineFixture.run("bench", "history", "--from", history.toString(), "--output", page.toString());

        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).isEqualTo("""
                        skipped: broken.json: it is not JSON
                        skipped: newer.json: its schema is 9, and only 1 can be read
                        """);
        assertThat(run.out()).contains("no run to show");
        assertThat(Files.readString(page)).contains("./silo bench run").contains("newer.json");
    }

    @Test
    void shouldNameWhatItDoesNotKnow() {
        assertUsage("There is no suite called 'huge'.", "run", "--suite", "huge");
        assertUsage("'[' is no regular expression", "run", "--filter", "[");
        assertUsage("Nothing in the suite is found by 'nothing'.", "run", "--filter", "nothing");
        assertUsage("There is no commit 'no-such-branch' in this repository.", "run", "--commit", "no-such-branch");
        assertUsage("There is no commit 'no-such-branch' in this repository.", "compare", "HEAD", "no-such-branch");
        assertUsage("--rounds is 1 to 100.", "compare", "HEAD", "HEAD", "--rounds", "0");
        assertUsage("--days is 0 to", "history", "--days", "-1");
        assertUsage("'no-such-branch' is neither a directory nor a commit.", "history", "--from", "no-such-branch");
    }

    private static void assertUsage(String sentence, String... arguments) {
        final List<String> all = new ArrayList<>(List.of("bench"));
        all.addAll(List.of(arguments));
        final Run run = CommandLineFixture.run(all.toArray(String[]::new));
        assertThat(run.exitCode()).as("%s", all).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains(sentence);
    }
}
