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
 * The way to a server that a load takes: an Aeron client, and for UDP a media driver of its own, as a remote program would have.
 * Immutable; any thread.
 */
public final class LoadTransport implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long DRIVER_TIMEOUT_MS = 5_000;
    private static final int CONDUCTOR_SLEEP_MS = 4;

    private final Aeron aeron;
    private final @Nullable MediaDriver driver;
    private final @Nullable Path privateDirectory;
    private final IntFunction<ShardClientContext> contexts;

    private LoadTransport(
            Aeron aeron,
            @Nullable MediaDriver driver,
            @Nullable Path privateDirectory,
            IntFunction<ShardClientContext> contexts) {
        this.aeron = aeron;
        this.driver = driver;
        this.privateDirectory = privateDirectory;
        this.contexts = contexts;
    }

    /**
     * Over shared memory, through the media driver of a server on this host.
     *
     * @param token empty = none.
     * @throws LoadException if the media driver does not answer.
     */
    public static LoadTransport overIpc(String aeronDirectory, String token) {
        return new LoadTransport(
                connect(aeronDirectory),
                null,
                null,
                thread -> ShardClientContext.ipc().thread(thread).token(token));
    }

    /**
     * Over UDP.
     *
     * @param endpoint {@code host:port} of the server.
     * @param control {@code host:port} of its response streams.
     * @throws LoadException if its media driver does not answer.
     */
    public static LoadTransport overUdp(String endpoint, String control, String token) {
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
        return new LoadTransport(
                connect(driver.aeronDirectoryName()),
                driver,
                directory,
                thread ->
                        ShardClientContext.udp(endpoint, control).thread(thread).token(token));
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

    Aeron aeron() {
        return aeron;
    }

    /** Of a connection to a shard thread. */
    ShardClientContext context(int thread) {
        return contexts.apply(thread);
    }

    @Override
    public void close() {
        aeron.close();
        if (driver != null) {
            driver.close();
        }
        if (privateDirectory != null) {
            IoUtil.delete(privateDirectory.toFile(), true);
        }
    }
}
