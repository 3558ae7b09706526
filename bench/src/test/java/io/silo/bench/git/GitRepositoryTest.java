package io.silo.bench.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitRepositoryTest {
    @TempDir
    Path directory;

    @Test
    void shouldTellCommitsFilesAndChanges() throws IOException, InterruptedException {
        final TestRepository repository = new TestRepository(directory);
        Files.createDirectories(directory.resolve("bench/history/below"));
        Files.writeString(directory.resolve("bench/history/a b.json"), "{}\n");
        Files.writeString(directory.resolve("bench/history/below/c.json"), "[]\n");
        repository.commit("first: it's \"quoted\"");
        final GitRepository git =
                GitRepository.around(directory.resolve("bench/history")).orElseThrow();

        final GitCommit commit = git.commit("main");

        assertThat(git.root().toRealPath()).isEqualTo(directory.toRealPath());
        assertThat(commit.subject()).isEqualTo("first: it's \"quoted\"");
        assertThat(commit.hash()).startsWith(commit.shortHash()).hasSize(40);
        assertThat(git.files("main", "bench/history", 10)).singleElement().satisfies(file -> {
            assertThat(file.path()).isEqualTo("bench/history/a b.json");
            assertThat(file.lengthBytes()).isEqualTo(3);
            assertThat(new String(git.read(file), StandardCharsets.UTF_8)).isEqualTo("{}\n");
        });
        assertThat(git.files("main", "nowhere", 10)).isEmpty();
        assertThat(git.isDirty()).isFalse();
        Files.writeString(directory.resolve("new"), "x");
        assertThat(git.isDirty()).isTrue();
    }

    @Test
    void shouldMakeAndRemoveWorkTrees(@TempDir Path elsewhere) throws IOException, InterruptedException {
        final TestRepository repository = new TestRepository(directory);
        Files.writeString(directory.resolve("file"), "x");
        repository.commit("first");
        final GitRepository git = GitRepository.around(directory).orElseThrow();
        final Path tree = elsewhere.resolve("tree");

        git.addWorkTree(tree, git.commit("HEAD"));
        assertThat(tree.resolve("file")).exists();
        git.removeWorkTree(tree);
        assertThat(tree).doesNotExist();
        git.removeWorkTree(tree);
    }

    @Test
    void shouldRefuseWhatNamesNoCommit() throws IOException, InterruptedException {
        new TestRepository(directory).commit("first");
        final GitRepository git = GitRepository.around(directory).orElseThrow();

        for (String wrong : new String[] {"nothing", "--all", "", "HEAD:file", "-h"}) {
            assertThatThrownBy(() -> git.commit(wrong))
                    .as(wrong)
                    .isInstanceOf(GitException.class)
                    .hasMessageContaining("There is no commit '" + wrong + "'");
        }
    }

    @Test
    void shouldFindNoRepositoryWhereNoneIs() {
        assertThat(GitRepository.around(Path.of("/"))).isEmpty();
    }
}
