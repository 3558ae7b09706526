package io.silo.bench.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.bench.git.GitRepository;
import io.silo.bench.git.TestRepository;
import io.silo.bench.history.RunFiles.Skipped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
    @TempDir
    Path directory;

    @Test
    void shouldReadRunsByDateAndNameWhatIsNone() throws IOException {
        write(directory);

        final RunFiles files = RunFiles.read(directory);

        check(files);
        assertThat(files.since(Runs.BEGIN.plus(Duration.ofDays(4))).runs())
                .extracting(run -> run.commit().subject())
                .containsExactly("log: day 7");
        assertThat(RunFiles.read(directory.resolve("nowhere")))
                .isEqualTo(new RunFiles(java.util.List.of(), java.util.List.of()));
    }

    @Test
    void shouldReadTheSameFromACommit() throws IOException, InterruptedException {
        final TestRepository repository = new TestRepository(directory);
        write(Files.createDirectories(directory.resolve(RunFiles.DIRECTORY)));
        repository.commit("runs");
        repository.git("branch", "bench-history");
        final GitRepository git = GitRepository.around(directory).orElseThrow();

        check(RunFiles.read(git, "bench-history"));
    }

    private static void write(Path to) throws IOException {
        Files.write(to.resolve("b.json"), RunJson.write(Runs.run(7, Runs.MACHINE, 5_000)));
        Files.write(to.resolve("c.json"), RunJson.write(Runs.run(3, Runs.MACHINE, 5_000)));
        Files.write(to.resolve("copy.json"), RunJson.write(Runs.run(3, Runs.MACHINE, 5_000)));
        Files.writeString(to.resolve("broken.json"), "{\"kind\":");
        Files.writeString(to.resolve("old.json"), "{\"kind\":\"silo-bench-run\",\"schema\":0}");
        Files.writeString(to.resolve("notes.json"), "{\"what\":\"notes\"}");
        Files.writeString(to.resolve("large.json"), " ".repeat(RunFiles.FILE_BYTES_MAX + 1));
        Files.writeString(to.resolve(RunFiles.SCHEMA_FILE), "{}");
        Files.writeString(to.resolve("readme.txt"), "no run and not meant to be one");
    }

    private static void check(RunFiles files) {
        assertThat(files.runs()).extracting(run -> run.commit().subject()).containsExactly("log: day 3", "log: day 7");
        assertThat(files.skipped())
                .containsExactly(
                        new Skipped("broken.json", "it is not JSON"),
                        new Skipped("copy.json", "it is a copy of a run that another file has"),
                        new Skipped("large.json", "it has more than 1048576 bytes"),
                        new Skipped("notes.json", "it is no run of benchmarks"),
                        new Skipped("old.json", "its schema is 0, and only 1 can be read"));
    }
}
