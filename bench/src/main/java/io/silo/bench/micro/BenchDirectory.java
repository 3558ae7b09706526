package io.silo.bench.micro;

import io.silo.server.ServerLogging;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A directory for what a benchmark writes, under {@code -Dsilo.bench.dir} (default: the working directory's {@code target}), so that
 * the disk under test is the one meant.
 */
public final class BenchDirectory {
    static {
        // Libraries announce themselves, in the middle of a measurement; their warnings are of use.
        ServerLogging.ofCommand();
    }

    private BenchDirectory() {}

    /** Creates an empty one. */
    public static Path create() {
        try {
            final Path root = Path.of(System.getProperty("silo.bench.dir", "target"));
            Files.createDirectories(root);
            return Files.createTempDirectory(root, "silo-bench-").toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes it with all that is in it. */
    public static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
