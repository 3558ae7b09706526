package io.silo.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.bench.git.GitRepository;
import io.silo.bench.git.TestRepository;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits whose launcher is a script of three lines: what is tested is what is done around a build. */
class CommitBuilderTest {
    @TempDir
    Path directory;

    @TempDir
    Path cache;

    private TestRepository repository;
    private GitRepository git;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        repository = new TestRepository(directory);
        git = GitRepository.around(directory).orElseThrow();
        final Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "some.Main");
        try (OutputStream out = Files.newOutputStream(directory.resolve("made.jar"))) {
            new JarOutputStream(out, manifest).close();
        }
    }

    private void commit(String subject, String script) throws IOException, InterruptedException {
        Files.writeString(directory.resolve("silo"), "#!/bin/sh\n" + script);
        assertThat(directory.resolve("silo").toFile().setExecutable(true)).isTrue();
        repository.commit(subject);
    }

    @Test
    void shouldBuildACommitOnceInATreeThatIsGoneAfterwards() throws IOException, InterruptedException {
        commit(
                "good",
                "echo built >&2; mkdir \"$SILO_CACHE/app\" && cp made.jar \"$SILO_CACHE/app/silo.jar\""
                        + " && printf '17 -Da=b\\n99 -Dc=d\\n' >\"$SILO_CACHE/app/jvm-flags\"\n");
        Files.writeString(directory.resolve("silo"), "#!/bin/sh\nexit 9\n"); // a change that is in no commit
        final CommitBuilder builder = new CommitBuilder(git, cache, false);

        final Build build = builder.build(git.commit("main"));
        final Build again = builder.build(git.commit("HEAD"));

        assertThat(build).isEqualTo(again);
        assertThat(build.mainClass()).isEqualTo("some.Main");
        assertThat(build.jvmFlags()).containsExactly("-Da=b");
        assertThat(Path.of(build.classPath())).exists();
        assertThat(build.commit().subject()).isEqualTo("good");
        assertThat(cache.resolve("trees")).isEmptyDirectory();
        assertThat(Files.readString(cache.resolve("logs/" + git.commit("main").shortHash() + ".log")))
                .isEqualTo("built\n");
    }

    @Test
    void shouldKeepTheTreeWhenAsked() throws IOException, InterruptedException {
        commit(
                "good",
                "mkdir \"$SILO_CACHE/app\" && cp made.jar \"$SILO_CACHE/app/silo.jar\" && : >\"$SILO_CACHE/app/jvm-flags\"\n");
        final String shortHash = git.commit("main").shortHash();
        for (int i = 0; i < 2; i++) {
            new CommitBuilder(git, cache, true).build(git.commit("main"));
            assertThat(cache.resolve("trees").resolve(shortHash).resolve("silo"))
                    .exists();
        }
    }

    @Test
    void shouldNameTheCommitAndItsLogWhenItDoesNotBuild() throws IOException, InterruptedException {
        commit("bad: it breaks", "echo 'no such symbol'; echo 'details' >\"$SILO_CACHE/build.log\"; exit 3\n");
        final CommitBuilder builder = new CommitBuilder(git, cache, false);

        for (int i = 0; i < 2; i++) {
            final BenchException failed =
                    catchThrowableOfType(BenchException.class, () -> builder.build(git.commit("main")));

            final String shortHash = git.commit("main").shortHash();
            assertThat(failed.isBuild()).isTrue();
            assertThat(failed)
                    .hasMessageContaining("Commit " + shortHash + " (bad: it breaks) does not build (exit code 3)")
                    .hasMessageContaining(shortHash + ".log");
            assertThat(Files.readString(cache.resolve("logs").resolve(shortHash + ".log")))
                    .isEqualTo("no such symbol\ndetails\n");
            assertThat(cache.resolve("trees")).isEmptyDirectory();
        }
    }

    @Test
    void shouldSayThatACommitHasNoLauncher() throws IOException, InterruptedException {
        repository.commit("before there was any");

        final BenchException failed = catchThrowableOfType(
                BenchException.class, () -> new CommitBuilder(git, cache, false).build(git.commit("main")));

        assertThat(failed).hasMessageContaining("has no launcher");
        assertThat(failed.isBuild()).isTrue();
    }
}
