package io.silo.bench.run;

import io.silo.bench.git.GitCommit;
import io.silo.bench.git.GitRepository;
import io.silo.bench.history.BenchRun.Commit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Builds commits by the launcher that lies in each, in work trees of their own. One thread, and one process a directory.
 *
 * <pre>
 * directory/trees/COMMIT     the work tree; removed when the build is done, unless it is to be kept
 *           builds/COMMIT    what was built; a commit is built once, and the {@value #BUILDS_KEPT} used last are kept
 *           logs/COMMIT.log  what the build printed
 * </pre>
 */
public final class CommitBuilder {
    /** Builds that are kept, some 150 MB each. */
    public static final int BUILDS_KEPT = 12;

    private static final int BUILD_TIMEOUT_S = 30 * 60;
    private static final String JAR = "silo.jar"; // as the launcher names it

    private final GitRepository git;
    private final Path directory;
    private final boolean keepsTrees;

    /**
     * @param git where the commits are.
     * @param directory for trees, builds and logs.
     * @param keepsTrees true if work trees stay.
     */
    public CommitBuilder(GitRepository git, Path directory, boolean keepsTrees) {
        this.git = git;
        this.directory = directory.toAbsolutePath();
        this.keepsTrees = keepsTrees;
    }

    /**
     * Builds a commit, if it is not built yet.
     *
     * @throws BenchException if it does not build; it names commit and log.
     */
    public Build build(GitCommit commit) throws IOException, InterruptedException {
        final Path cache = directory.resolve("builds").resolve(commit.shortHash());
        if (find(cache) == null || keepsTrees) {
            buildTree(commit, cache);
        }
        final Path app = find(cache);
        if (app == null) {
            throw failed(commit, "left no " + JAR);
        }
        Files.setLastModifiedTime(cache, FileTime.fromMillis(System.currentTimeMillis()));
        prune();
        final String mainClass;
        try (JarFile jar = new JarFile(app.resolve(JAR).toFile())) {
            mainClass = jar.getManifest().getMainAttributes().getValue(Attributes.Name.MAIN_CLASS);
        }
        return new Build(
                new Commit(commit.hash(), commit.subject(), commit.date(), false),
                app.resolve(JAR).toString(),
                Build.jvmFlags(
                        Files.readAllLines(app.resolve("jvm-flags"), StandardCharsets.UTF_8),
                        Runtime.version().feature()),
                mainClass);
    }

    private void buildTree(GitCommit commit, Path cache) throws IOException, InterruptedException {
        final Path tree = directory.resolve("trees").resolve(commit.shortHash());
        final Path log = log(commit);
        Files.createDirectories(log.getParent());
        Files.createDirectories(tree.getParent());
        Files.deleteIfExists(log);
        git.removeWorkTree(tree); // of a run that was killed
        Directories.delete(cache);
        Files.createDirectories(cache);
        git.addWorkTree(tree, commit);
        try {
            final Map<String, String> environment =
                    Map.of("SILO_CACHE", cache.toString(), "JAVA_HOME", System.getProperty("java.home"));
            final List<String> command = List.of(tree.resolve("silo").toString(), "--version");
            if (!Files.isExecutable(tree.resolve("silo"))) {
                throw failed(commit, "has no launcher");
            }
            try (ChildProcess launcher = ChildProcess.start(command, tree, environment, log)) {
                final int exitCode = launcher.await(BUILD_TIMEOUT_S);
                if (exitCode != 0) {
                    appendBuildLog(cache, log);
                    Directories.delete(cache);
                    throw failed(
                            commit,
                            exitCode == -1
                                    ? "takes more than " + BUILD_TIMEOUT_S + " s to build"
                                    : "does not build (exit code " + exitCode + ")");
                }
            }
        } finally {
            if (!keepsTrees) {
                git.removeWorkTree(tree);
                Directories.delete(tree);
            }
        }
    }

    private static void appendBuildLog(Path cache, Path log) throws IOException {
        final Path maven = cache.resolve("build.log");
        if (Files.exists(maven)) {
            Files.write(log, Files.readAllBytes(maven), StandardOpenOption.APPEND);
        }
    }

    private Path log(GitCommit commit) {
        return directory.resolve("logs").resolve(commit.shortHash() + ".log");
    }

    private BenchException failed(GitCommit commit, String what) {
        return BenchException.ofBuild("Commit " + commit.shortHash() + " (" + commit.subject() + ") " + what
                + "; what was printed is in " + log(commit) + ".");
    }

    /** The directory with the application, or null. */
    private static @Nullable Path find(Path cache) throws IOException {
        if (!Files.isDirectory(cache)) {
            return null;
        }
        try (Stream<Path> all = Files.list(cache)) {
            return all.filter(app -> Files.exists(app.resolve(JAR)) && Files.exists(app.resolve("jvm-flags")))
                    .findFirst()
                    .orElse(null);
        }
    }

    private void prune() throws IOException {
        try (Stream<Path> all = Files.list(directory.resolve("builds"))) {
            final List<Path> old = all.sorted(Comparator.comparingLong(
                                    (Path build) -> build.toFile().lastModified())
                            .reversed())
                    .skip(BUILDS_KEPT)
                    .toList();
            for (Path build : old) {
                Directories.delete(build);
            }
        }
    }
}
