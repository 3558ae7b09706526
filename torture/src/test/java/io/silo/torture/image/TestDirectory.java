package io.silo.torture.image;

import java.nio.file.Files;
import java.nio.file.Path;

/** Images are made in memory where there is a file system in memory: thousands of syncs take seconds on a disk. */
final class TestDirectory {
    private static final Path MEMORY = Path.of("/dev/shm");

    private TestDirectory() {}

    /** A directory that belongs to the test of this one. */
    static Path in(Path temporary) {
        return Files.isWritable(MEMORY) ? MEMORY.resolve("silo-images-" + temporary.getFileName()) : temporary;
    }
}
