package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Comparisons of commits of a small repository. Their launcher does not compile: it hands out a jar that leads to the class path of this
 * test. All else is real: work trees, processes of JMH, and what is said. That takes seconds and rests on no JDK.
 */
@Tag("newest-jdk")
@Tag("both-cores")
class BenchCompareIT {
    private static final int TIMEOUT_S = 150;
    private static final String LAUNCHER =
            "#!/bin/sh\nmkdir \"$SILO_CACHE/app\" && cp silo.jar jvm-flags \"$SILO_CACHE/app\"\n";

    @TempDir
    Path directory;

    private record Ended(int exitCode, String out, String err) {}

    @BeforeEach
    void open() throws IOException, InterruptedException {
        git("init", "--quiet", "--initial-branch=main");
        git("config", "user.name", "Somebody");
        git("config", "user.email", "somebody@example.org");
        Files.writeString(directory.resolve(".gitignore"), ".cache/\n");
        try (InputStream flags = SiloCommand.class.getResourceAsStream("/silo-jvm-flags")) {
            Files.write(directory.resolve("jvm-flags"), flags.readAllBytes());
        }
        final Manifest manifest = new Manifest();
        final Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, SiloCommand.class.getName());
        attributes.put(
                Attributes.Name.CLASS_PATH,
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(part -> Path.of(part).toUri().toString())
                        .collect(Collectors.joining(" ")));
        try (OutputStream out = Files.newOutputStream(directory.resolve("silo.jar"))) {
            new JarOutputStream(out, manifest).close();
        }
        commit("it builds", LAUNCHER);
        git("tag", "good");
        commit("it breaks", "#!/bin/sh\necho 'no such symbol'\nexit 3\n");
    }

    private void commit(String subject, String launcher) throws IOException, InterruptedException {
        Files.writeString(directory.resolve("silo"), launcher);
        assertThat(directory.resolve("silo").toFile().setExecutable(true)).isTrue();
        git("add", "--all");
        git("commit", "--quiet", "--no-gpg-sign", "-m", subject);
    }

    private void git(String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private Ended silo(String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ServerProcess.jvmFlags());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SiloCommand.class.getName(), "bench"));
        command.addAll(List.of(arguments));
        final Path said = Files.createDirectories(directory.resolve(".cache"));
        final Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(said.resolve("out").toFile())
                .redirectError(said.resolve("err").toFile())
                .start();
        try {
            assertThat(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return new Ended(
                process.exitValue(), Files.readString(said.resolve("out")), Files.readString(said.resolve("err")));
    }

    @Test
    void shouldCompareACommitWithItself() throws IOException, InterruptedException {
        final Path scores = directory.resolve(".cache/scores.json");

        final Ended ended = silo(
                "compare",
                "good",
                "good",
                "--suite",
                "tiny",
                "--filter",
                "^log.append$",
                "--rounds",
                "2",
                "--output",
                scores.toString());

        assertThat(ended.exitCode()).as("%s", ended).isEqualTo(ExitCode.OK);
        assertThat(ended.out())
                .containsPattern("(?m)^A [0-9a-f]{10} it builds$")
                .containsPattern("(?m)^log.append.log .* (faster|slower|no difference seen|too noisy to tell)$");
        assertThat(ended.err()).contains("round 2 of 2");
        final JsonNode json = new ObjectMapper().readTree(scores.toFile());
        assertThat(json.path("rows")).hasSize(2).allSatisfy(row -> {
            assertThat(row.path("a")).hasSize(2);
            assertThat(row.path("b")).hasSize(2);
            assertThat(row.path("low").asDouble())
                    .isLessThan(row.path("ratio").asDouble())
                    .isPositive();
        });
        assertThat(directory.resolve(".cache/bench/trees")).isEmptyDirectory();
        assertThat(directory.resolve(".cache/bench/work")).isEmptyDirectory();
    }

    @Test
    void shouldNameTheCommitThatDoesNotBuild() throws IOException, InterruptedException {
        final Ended ended = silo("compare", "good", "main", "--suite", "tiny", "--filter", "^log.append$");

        assertThat(ended.exitCode()).as("%s", ended).isEqualTo(ExitCode.NOT_BUILT);
        assertThat(ended.err())
                .containsPattern("error: Commit [0-9a-f]{10} \\(it breaks\\) does not build \\(exit code 3\\); what was"
                        + " printed is in .*/.cache/bench/logs/[0-9a-f]{10}\\.log\\. \\[NOT_BUILT\\]");
        assertThat(ended.out()).isEmpty();
        assertThat(directory.resolve(".cache/bench/trees")).isEmptyDirectory();
    }

    @Test
    void shouldMeasureAnotherCommitThanTheOneThatRuns() throws IOException, InterruptedException {
        final Ended ended = silo("run", "--commit", "good", "--suite", "tiny", "--filter", "^log.append$", "--json");

        assertThat(ended.exitCode()).as("%s", ended).isEqualTo(ExitCode.OK);
        final JsonNode told = new ObjectMapper().readTree(ended.out());
        final JsonNode run =
                new ObjectMapper().readTree(new File(told.path("file").asText()));
        assertThat(run.path("commit").path("subject").asText()).isEqualTo("it builds");
        assertThat(run.path("commit").path("dirty").asBoolean()).isFalse();
        assertThat(Path.of(told.path("file").asText()).getParent().toRealPath())
                .isEqualTo(directory.resolve("bench/history").toRealPath());
    }
}
