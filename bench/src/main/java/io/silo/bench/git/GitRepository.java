package io.silo.bench.git;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A repository, asked through the command {@code git}, which must be on the path. Each call is a process of its own; any thread may call.
 * What a call returns is bounded by {@link #OUTPUT_BYTES_MAX}, and it is ended after {@value #TIMEOUT_S} s.
 */
public final class GitRepository {
    /** Bytes that one call may print. */
    public static final int OUTPUT_BYTES_MAX = 8 << 20;

    private static final int TIMEOUT_S = 120;
    private static final int WORDS_OF_TREE_LINE = 4; // mode, kind, object, length

    private final Path root;

    private GitRepository(Path root) {
        this.root = root;
    }

    /**
     * A file in a commit.
     *
     * @param path from the top of the tree.
     * @param object its name to git.
     * @param lengthBytes its length.
     */
    public record TreeFile(String path, String object, long lengthBytes) {}

    private record Output(int exitCode, byte[] out) {
        String text() {
            return new String(out, StandardCharsets.UTF_8).strip();
        }
    }

    /** The repository that a directory lies in; empty if it lies in none, or if there is no git. */
    public static Optional<GitRepository> around(Path directory) {
        try {
            final Output output = run(directory, List.of("rev-parse", "--show-toplevel"));
            return output.exitCode == 0 ? Optional.of(new GitRepository(Path.of(output.text()))) : Optional.empty();
        } catch (GitException noGit) {
            return Optional.empty();
        }
    }

    /** The top of the work tree. */
    public Path root() {
        return root;
    }

    /**
     * The commit that a reference names.
     *
     * @throws GitException if there is none.
     */
    public GitCommit commit(String reference) {
        final Output hash =
                run(root, List.of("rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}"));
        if (hash.exitCode != 0) {
            throw new GitException("There is no commit '" + reference + "' in this repository.");
        }
        final String[] lines = must("show", "--no-patch", "--format=%H%n%cI%n%s", hash.text())
                .text()
                .split("\n", 3);
        final Instant date = OffsetDateTime.parse(lines[1]).toInstant();
        return new GitCommit(lines[0], lines.length > 2 ? lines[2] : "", date);
    }

    /** True if the work tree differs from its commit. */
    public boolean isDirty() {
        return !must("status", "--porcelain", "--untracked-files=normal").text().isEmpty();
    }

    /** The files right below a directory of a commit, at most so many; none if there is no such directory. */
    public List<TreeFile> files(String reference, String directory, int max) {
        final List<TreeFile> files = new ArrayList<>();
        final String tree = commit(reference).hash();
        for (String line :
                must("ls-tree", "-l", "-z", tree, "--", directory + "/").text().split("\0", -1)) {
            final int tab = line.indexOf('\t');
            final String[] words =
                    tab < 0 ? new String[0] : line.substring(0, tab).split(" +", -1);
            if (words.length == WORDS_OF_TREE_LINE && words[1].equals("blob") && files.size() < max) {
                files.add(new TreeFile(line.substring(tab + 1), words[2], Long.parseLong(words[3])));
            }
        }
        return files;
    }

    /** The bytes of a file that {@link #files} named. */
    public byte[] read(TreeFile file) {
        return must("cat-file", "blob", file.object()).out;
    }

    /** Makes a work tree of a commit, without a branch. */
    public void addWorkTree(Path directory, GitCommit commit) {
        must("worktree", "add", "--force", "--detach", directory.toString(), commit.hash());
    }

    /** Removes a work tree with everything in it; nothing happens if there is none. */
    public void removeWorkTree(Path directory) {
        run(root, List.of("worktree", "remove", "--force", "--force", directory.toString()));
        must("worktree", "prune");
    }

    private Output must(String... arguments) {
        final Output output = run(root, List.of(arguments));
        if (output.exitCode != 0) {
            throw new GitException("git " + String.join(" ", arguments) + " failed: " + output.text());
        }
        return output;
    }

    private static Output run(Path directory, List<String> arguments) {
        final List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(arguments);
        // What changes work trees says on standard error why it did not; of all others the output alone counts.
        final boolean isChange = arguments.get(0).equals("worktree");
        try {
            final ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(isChange)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
            if (!isChange) {
                builder.redirectError(ProcessBuilder.Redirect.DISCARD);
            }
            builder.environment().put("GIT_OPTIONAL_LOCKS", "0");
            final Process process = builder.start();
            CompletableFuture.delayedExecutor(TIMEOUT_S, TimeUnit.SECONDS).execute(process::destroyForcibly);
            try (InputStream stream = process.getInputStream()) {
                final byte[] out = stream.readNBytes(OUTPUT_BYTES_MAX + 1);
                if (out.length > OUTPUT_BYTES_MAX) {
                    throw new GitException(
                            "git " + arguments.get(0) + " printed more than " + OUTPUT_BYTES_MAX + " bytes.");
                }
                return new Output(process.waitFor(), out);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException failed) {
            throw new GitException("git cannot be run: " + failed.getMessage());
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
            throw new GitException("It was interrupted while git ran.");
        }
    }
}
