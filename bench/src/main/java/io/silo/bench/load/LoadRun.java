package io.silo.bench.load;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.exceptions.AeronException;
import io.silo.protocol.RejectReason;
import io.silo.transport.Channels;
import io.silo.transport.ShardClientContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.agrona.IoUtil;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * A load with the Aeron client it needs, and for UDP a media driver of its own, as a remote program would have. One thread.
 */
public final class LoadRun implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long DRIVER_TIMEOUT_MS = 5_000;
    private static final int CONDUCTOR_SLEEP_MS = 4;

    private final Aeron aeron;
    private final @Nullable MediaDriver driver;
    private final @Nullable Path privateDirectory;
    private final LoadGenerator generator;

    private LoadRun(
            Aeron aeron,
            @Nullable MediaDriver driver,
            @Nullable Path privateDirectory,
            IntFunction<ShardClientContext> contexts,
            LoadSettings settings) {
        this.aeron = aeron;
        this.driver = driver;
        this.privateDirectory = privateDirectory;
        boolean connected = false;
        try {
            generator = new LoadGenerator(aeron, contexts, settings);
            connected = true;
        } finally {
            if (!connected) {
                release();
            }
        }
    }

    /**
     * Over shared memory, through the media driver of a server on this host.
     *
     * @param token empty = none.
     * @throws LoadException if no session could be opened.
     */
    public static LoadRun overIpc(String aeronDirectory, String token, LoadSettings settings) {
        return new LoadRun(
                connect(aeronDirectory),
                null,
                null,
                thread -> ShardClientContext.ipc().thread(thread).token(token),
                settings);
    }

    /**
     * Over UDP.
     *
     * @param endpoint {@code host:port} of the server.
     * @param control {@code host:port} of its response streams.
     * @throws LoadException if no session could be opened.
     */
    public static LoadRun overUdp(String endpoint, String control, String token, LoadSettings settings) {
        final Path directory = privateDirectory();
        final MediaDriver driver = MediaDriver.launch(new MediaDriver.Context()
                .aeronDirectoryName(directory.resolve("aeron").toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedIdleStrategy(new BackoffIdleStrategy(10, 20, 1_000, TimeUnit.MICROSECONDS.toNanos(100)))
                .termBufferSparseFile(true)
                .publicationTermBufferLength(Channels.TERM_LENGTH)
                .mtuLength(Channels.MTU_LENGTH));
        return new LoadRun(
                connect(driver.aeronDirectoryName()),
                driver,
                directory,
                thread ->
                        ShardClientContext.udp(endpoint, control).thread(thread).token(token),
                settings);
    }

    private static Aeron connect(String directory) {
        try {
            return Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(directory)
                    .driverTimeoutMs(DRIVER_TIMEOUT_MS)
                    .idleStrategy(new SleepingMillisIdleStrategy(CONDUCTOR_SLEEP_MS))
                    .errorHandler(error -> {
                        // The load notices a lost driver by itself; Aeron's own handler would end the process.
                    }));
        } catch (AeronException failed) {
            throw new LoadException(RejectReason.UNREACHABLE, "The server's media driver does not answer.");
        }
    }

    private static Path privateDirectory() {
        try {
            return Files.isWritable(MEMORY)
                    ? Files.createTempDirectory(MEMORY, "silo-load-")
                    : Files.createTempDirectory("silo-load-");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** See {@link LoadGenerator#run}. */
    public LoadResult run() {
        return generator.run();
    }

    @Override
    public void close() {
        generator.close();
        release();
    }

    private void release() {
        aeron.close();
        if (driver != null) {
            driver.close();
        }
        if (privateDirectory != null) {
            IoUtil.delete(privateDirectory.toFile(), true);
        }
    }
}
