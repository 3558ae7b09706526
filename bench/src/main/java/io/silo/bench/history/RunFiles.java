package io.silo.bench.history;

import io.silo.bench.git.GitRepository;
import io.silo.bench.git.GitRepository.TreeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The runs of a directory, or of one of a commit's directories. A file that cannot be read is not taken for nothing: it is named in
 * {@link #skipped()}. Immutable.
 *
 * @param runs by the date of their commit, then by their own.
 * @param skipped files that are no runs.
 */
public record RunFiles(List<BenchRun> runs, List<Skipped> skipped) {
    /** Files that are looked at; what a history of years has. */
    public static final int FILES_MAX = 5_000;

    /** Length of a file. */
    public static final int FILE_BYTES_MAX = 1 << 20;

    /** Where runs are kept, from the top of the tree. */
    public static final String DIRECTORY = "bench/history";

    /** Beside the runs. */
    public static final String SCHEMA_FILE = "schema.json";

    /**
     * A file that is no run.
     *
     * @param file its name, without its directory.
     * @param reason why, as the end of a sentence.
     */
    public record Skipped(String file, String reason) {}

    private interface Source {
        byte[] read() throws IOException;
    }

    public RunFiles {
        runs = runs.stream()
                .sorted(Comparator.comparing((BenchRun run) -> run.commit().date())
                        .thenComparing(run -> run.commit().hash())
                        .thenComparing(BenchRun::started))
                .toList();
        skipped = List.copyOf(skipped);
    }

    /** Reads a directory; none is there: no runs. */
    public static RunFiles read(Path directory) throws IOException {
        final Reader reader = new Reader();
        if (Files.isDirectory(directory)) {
            final List<Path> files;
            try (Stream<Path> all = Files.list(directory)) {
                files = all.filter(Files::isRegularFile)
                        .sorted()
                        .limit(FILES_MAX + 1L)
                        .toList();
            }
            for (Path file : files) {
                reader.add(file.getFileName().toString(), Files.size(file), () -> Files.readAllBytes(file));
            }
        }
        return reader.files();
    }

    /** Reads {@link #DIRECTORY} of a commit, as that of a branch without sources. */
    public static RunFiles read(GitRepository git, String reference) throws IOException {
        final Reader reader = new Reader();
        for (TreeFile file : git.files(reference, DIRECTORY, FILES_MAX + 1)) {
            final String name = file.path().substring(file.path().lastIndexOf('/') + 1);
            reader.add(name, file.lengthBytes(), () -> git.read(file));
        }
        return reader.files();
    }

    /** Those whose commit is not older. */
    public RunFiles since(Instant time) {
        return new RunFiles(
                runs.stream().filter(run -> !run.commit().date().isBefore(time)).toList(), skipped);
    }

    private static final class Reader {
        private final List<BenchRun> runs = new ArrayList<>();
        private final List<Skipped> skipped = new ArrayList<>();
        private final Set<String> seen = new HashSet<>();
        private int count;

        void add(String name, long lengthBytes, Source source) throws IOException {
            if (!name.endsWith(".json") || name.equals(SCHEMA_FILE)) {
                return;
            }
            if (++count > FILES_MAX) {
                skipped.add(new Skipped(name, "there are more than " + FILES_MAX + " files"));
                return;
            }
            if (lengthBytes > FILE_BYTES_MAX) {
                skipped.add(new Skipped(name, "it has more than " + FILE_BYTES_MAX + " bytes"));
                return;
            }
            try {
                final BenchRun run = RunJson.read(source.read());
                if (seen.add(run.started() + run.commit().hash() + run.machine().id())) {
                    runs.add(run);
                } else {
                    skipped.add(new Skipped(name, "it is a copy of a run that another file has"));
                }
            } catch (RunFormatException wrong) {
                skipped.add(new Skipped(name, String.valueOf(wrong.getMessage())));
            }
        }

        RunFiles files() {
            return new RunFiles(runs, skipped);
        }
    }
}
