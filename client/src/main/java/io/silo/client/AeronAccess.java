package io.silo.client;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.silo.transport.Channels;
import io.silo.transport.ShardClientContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An Aeron client and, for UDP, the media driver it needs, in a private directory that closing removes, as does an
 * orderly end of the process. A directory of a server
 * is used and never touched. Net thread only.
 */
final class AeronAccess implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(AeronAccess.class);

    private static final Path MEMORY = Path.of("/dev/shm");

    // 512 KiB is all that a stream of 1 MiB terms ever has in flight; more socket buffer than that is for several
    // streams.
    private static final int WINDOW_BYTES = 1 << 20;

    // 4 ms: opening a stream takes a few rounds of the conductor; 16 ms, Aeron's own, makes a slow first call.
    private static final int CONDUCTOR_SLEEP_MS = 4;

    // 5 s: half of Aeron's default, so that a killed server on this host is noticed before most calls time out.
    private static final long DRIVER_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(5);

    private static final long DRIVER_PARK_NS_MAX = TimeUnit.MILLISECONDS.toNanos(1);

    private final Aeron aeron;
    private final ServerAddress address;
    private final @Nullable MediaDriver driver;
    private final @Nullable Path privateDirectory;
    private final @Nullable Thread exitHook;

    private AeronAccess(
            Aeron aeron, ServerAddress address, @Nullable MediaDriver driver, @Nullable Path privateDirectory) {
        this.aeron = aeron;
        this.address = address;
        this.driver = driver;
        this.privateDirectory = privateDirectory;
        this.exitHook = privateDirectory == null ? null : deleteAtExit(privateDirectory);
    }

    /** For processes that end without closing their client: memory of a directory left behind is not free before a reboot. */
    private static Thread deleteAtExit(Path directory) {
        final Thread hook = new Thread(() -> IoUtil.delete(directory.toFile(), true), "silo-client-exit");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    /**
     * Connects to a media driver, starting one for UDP. Waits for it {@value #DRIVER_TIMEOUT_MS} ms at most.
     *
     * @throws RuntimeException of Aeron, or {@code UNREACHABLE}, if there is none; nothing is left behind.
     */
    static AeronAccess open(ServerAddress address) {
        if (address instanceof ServerAddress.Udp) {
            return openUdp(address);
        }
        final ServerAddress.Driver server =
                address instanceof ServerAddress.File file ? file.read() : (ServerAddress.Driver) address;
        return new AeronAccess(connect(server.aeronDirectory()), server, null, null);
    }

    private static AeronAccess openUdp(ServerAddress address) {
        final Path directory = makePrivateDirectory();
        @Nullable MediaDriver driver = null;
        try {
            // The driver makes its own directory anew, with the process's default rights: so it lies in one that is
            // closed.
            driver = MediaDriver.launch(driverContext(directory.resolve("aeron")));
            return new AeronAccess(connect(driver.aeronDirectoryName()), address, driver, directory);
        } catch (RuntimeException e) {
            if (driver != null) {
                driver.close();
            }
            IoUtil.delete(directory.toFile(), true);
            throw e;
        }
    }

    private static MediaDriver.Context driverContext(Path directory) {
        final int window = socketWindow();
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedIdleStrategy(new BackoffIdleStrategy(10, 20, 1_000, DRIVER_PARK_NS_MAX))
                .sharedThreadFactory(task -> daemon(task, "silo-client-driver"))
                .termBufferSparseFile(true)
                .publicationTermBufferLength(Channels.TERM_LENGTH)
                .mtuLength(Channels.MTU_LENGTH)
                .socketRcvbufLength(window)
                .socketSndbufLength(window)
                .initialWindowLength(window)
                .errorHandler(error -> LOGGER.debug("The client's media driver reports", error));
    }

    /** What the kernel grants of {@link #WINDOW_BYTES}: Aeron refuses a window that does not fit its socket. */
    private static int socketWindow() {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, WINDOW_BYTES);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, WINDOW_BYTES);
            final int granted = Math.min(
                    channel.getOption(StandardSocketOptions.SO_RCVBUF),
                    channel.getOption(StandardSocketOptions.SO_SNDBUF));
            return Math.min(WINDOW_BYTES, granted);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Aeron connect(String directory) {
        return Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(directory)
                .driverTimeoutMs(DRIVER_TIMEOUT_MS)
                .idleStrategy(new SleepingMillisIdleStrategy(CONDUCTOR_SLEEP_MS))
                .threadFactory(task -> daemon(task, "silo-client-aeron"))
                // Aeron's own handler ends the process when the driver dies; here the net thread connects anew.
                .errorHandler(error -> LOGGER.debug("The client's Aeron reports", error)));
    }

    private static Path makePrivateDirectory() {
        final boolean inMemory = Files.isDirectory(MEMORY) && Files.isWritable(MEMORY);
        try {
            // Made with access for its owner alone.
            return inMemory
                    ? Files.createTempDirectory(MEMORY, "silo-client-")
                    : Files.createTempDirectory("silo-client-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Thread daemon(Runnable task, String name) {
        final Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    Aeron aeron() {
        return aeron;
    }

    /** The transport of a shard client. */
    ShardClientContext shardClientContext() {
        return address instanceof ServerAddress.Udp udp
                ? ShardClientContext.udp(udp.endpoint(), udp.control())
                : ShardClientContext.ipc();
    }

    /** Whether it must be opened anew: Aeron gave up, or the server whose driver it uses is gone. */
    boolean isLost() {
        return aeron.isClosed() || address instanceof ServerAddress.Driver server && !server.isAlive();
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
        if (exitHook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(exitHook);
            } catch (IllegalStateException e) {
                LOGGER.debug("The process ends: the hook runs, and finds nothing", e);
            }
        }
    }
}
