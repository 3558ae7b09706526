package io.silo.server;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.silo.protocol.Xxh64;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The media driver inside the server's process, in a directory of memory that only the server's user can enter. Made after the
 * data lock is held: what a killed server left there is nobody's, so it is deleted. Closing removes the directory.
 */
final class EmbeddedDriver implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedDriver.class);

    private static final Path MEMORY = Path.of("/dev/shm");

    /**
     * Free memory below which a directory of the disk is used: a session takes up to 6 MiB (two streams of three 1 MiB terms),
     * and a full /dev/shm is a fault in mapped memory, not an error. Containers come with 64 MiB.
     */
    private static final long MEMORY_BYTES_MIN = 128L * 1024 * 1024;

    /** A message is at most an eighth of a term: 128 KiB, above the bound on messages. */
    private static final int TERM_BYTES = 1024 * 1024;

    private static final int UDP_MTU_BYTES = 8 * 1024; // design: 3 times the throughput of the default on loopback

    private static final long CLIENT_LIVENESS_NS =
            TimeUnit.SECONDS.toNanos(10); // Aeron's default, for stalls of a busy host

    private final MediaDriver driver;
    private final Path outer;

    private EmbeddedDriver(MediaDriver driver, Path outer) {
        this.driver = driver;
        this.outer = outer;
    }

    /**
     * Starts the driver.
     *
     * @param configured directory to make the driver's own in; empty = {@code /dev/shm}.
     * @throws ServerException if it does not start.
     */
    static EmbeddedDriver launch(Path dataDirectory, String configured) {
        Path outer = Path.of(configured);
        try {
            final String name = "silo-" + hash(dataDirectory.toRealPath());
            outer = configured.isEmpty() ? derivedDirectory(dataDirectory, name) : outer.resolve(name);
            makeOwnerOnly(outer);
            // The driver makes its own directory anew, with the process's default rights: so it lies in one that is
            // closed.
            final Path inner = outer.resolve("aeron");
            IoUtil.delete(inner.toFile(), true);
            return new EmbeddedDriver(MediaDriver.launch(context(inner)), outer);
        } catch (IOException | RuntimeException failed) {
            throw new ServerException(
                    ServerErrorCode.DRIVER_FAILED,
                    "The media driver did not start in " + outer + ": " + reason(failed) + ".",
                    "Check that the directory belongs to the server's user and has free space, or set server.aeron_dir.",
                    failed);
        }
    }

    private static MediaDriver.Context context(Path directory) {
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedIdleStrategy(DecayingIdleStrategy.ofDriver())
                .sharedThreadFactory(task -> new Thread(task, "silo-driver"))
                .ipcTermBufferLength(TERM_BYTES)
                .publicationTermBufferLength(TERM_BYTES)
                .mtuLength(UDP_MTU_BYTES)
                .termBufferSparseFile(true)
                .performStorageChecks(true)
                .clientLivenessTimeoutNs(CLIENT_LIVENESS_NS)
                // A thread of its own for the files of streams takes half a percent of a core while nothing happens,
                // and
                // each stream waits for it. They lie in memory, and host names are looked up by the driver of who
                // dials.
                .asyncExecutorEnabled(false)
                .errorHandler(EmbeddedDriver::onError);
    }

    private static void onError(Throwable error) {
        LOGGER.warn("The media driver reports: {}", String.valueOf(error.getMessage()));
    }

    /** {@code /dev/shm/silo-HASH}, or a directory of the data directory where memory is missing, small or somebody else's. */
    private static Path derivedDirectory(Path dataDirectory, String name) {
        final Path inMemory = MEMORY.resolve(name);
        final String objection = objectionTo(inMemory);
        if (objection == null) {
            return inMemory;
        }
        final Path onDisk = dataDirectory.resolve("aeron.tmp");
        LOGGER.warn("The media driver uses {} on the disk, which is slower: {}.", onDisk, objection);
        return onDisk;
    }

    private static @Nullable String objectionTo(Path directory) {
        try {
            if (!Files.isDirectory(MEMORY) || !Files.isWritable(MEMORY)) {
                return MEMORY + " is missing or not writable";
            }
            final long free = Files.getFileStore(MEMORY).getUsableSpace();
            if (free < MEMORY_BYTES_MIN) {
                return MEMORY + " has " + free / (1024 * 1024) + " MiB free, less than "
                        + MEMORY_BYTES_MIN / (1024 * 1024);
            }
            if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS) && !isOwn(directory)) {
                return directory + " belongs to another user";
            }
            return null;
        } catch (IOException failed) {
            return MEMORY + " cannot be examined: " + failed.getMessage();
        }
    }

    private static boolean isOwn(Path directory) throws IOException {
        return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                && Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS)
                        .getName()
                        .equals(System.getProperty("user.name"));
    }

    private static void makeOwnerOnly(Path directory) throws IOException {
        final var ownerOnly = PosixFilePermissions.fromString("rwx------");
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(ownerOnly));
        } catch (FileAlreadyExistsException there) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw there;
            }
            // Fails unless the directory is our own, which is the point.
            Files.setPosixFilePermissions(directory, ownerOnly);
        }
    }

    private static String hash(Path dataDirectory) {
        final byte[] path = dataDirectory.toString().getBytes(StandardCharsets.UTF_8);
        return String.format("%016x", Xxh64.hash(new UnsafeBuffer(path), 0, path.length));
    }

    private static String reason(Throwable failed) {
        final String message = failed.getMessage();
        return message == null ? failed.getClass().getSimpleName() : message;
    }

    /** What Aeron clients of this host connect to. */
    String aeronDirectory() {
        return driver.aeronDirectoryName();
    }

    @Override
    public void close() {
        driver.close();
        try {
            IoUtil.delete(new File(driver.aeronDirectoryName()), true);
            Files.deleteIfExists(outer);
        } catch (IOException failed) {
            LOGGER.warn("The media driver's directory {} could not be removed: {}", outer, failed.getMessage());
        }
    }
}
