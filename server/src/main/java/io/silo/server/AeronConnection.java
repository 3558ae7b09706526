package io.silo.server;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded driver and the server's client of it. A guard thread makes them anew when they are lost: the driver closes a
 * client that stood still for ten seconds (a stopped process, a starved machine), and no job may need a restart for that.
 */
final class AeronConnection implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(AeronConnection.class);
    private static final long CHECK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Half of Aeron's default, so that a driver that died is noticed before leases of 10 s, renewed at a third, are over. */
    private static final long DRIVER_TIMEOUT_MS = 5_000;

    private final Path dataDirectory;
    private final String configuredDirectory;
    private final ProcessPulse pulse = new ProcessPulse();
    private final Thread guard = new Thread(this::guard, "silo-guard");
    private volatile boolean closed;
    private volatile Aeron aeron;
    private volatile EmbeddedDriver driver;

    /** Starts the driver and connects. */
    AeronConnection(Path dataDirectory, String configuredDirectory) {
        this.dataDirectory = dataDirectory;
        this.configuredDirectory = configuredDirectory;
        this.driver = EmbeddedDriver.launch(dataDirectory, configuredDirectory);
        try {
            this.aeron = connect(driver);
        } catch (RuntimeException failed) {
            driver.close();
            throw new ServerException(
                    ServerErrorCode.DRIVER_FAILED,
                    "The server could not connect to its own media driver: " + failed.getMessage() + ".",
                    "The machine may be too busy; start the server again.",
                    failed);
        }
        guard.setDaemon(true);
        guard.start();
    }

    private static Aeron connect(EmbeddedDriver driver) {
        return Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(driver.aeronDirectory())
                .driverTimeoutMs(DRIVER_TIMEOUT_MS)
                .clientName("silo-server")
                .threadFactory(task -> new Thread(task, "silo-aeron"))
                .errorHandler(error -> LOGGER.warn("Aeron reports: {}", error.getMessage())));
    }

    /** The client that works now. Any thread. */
    Aeron aeron() {
        return aeron;
    }

    /** Whether the process as a whole ran. Any thread. */
    ProcessPulse pulse() {
        return pulse;
    }

    /** Where programs of this host connect. */
    String aeronDirectory() {
        return driver.aeronDirectory();
    }

    private void guard() {
        while (!closed) {
            LockSupport.parkNanos(CHECK_INTERVAL_NS);
            pulse.tick();
            if (!closed && aeron.isClosed()) {
                rebuild();
            }
        }
    }

    private synchronized void rebuild() {
        if (closed) {
            return;
        }
        try {
            final File directory = new File(driver.aeronDirectory());
            if (!CommonContext.isDriverActive(directory, DRIVER_TIMEOUT_MS, message -> {})) {
                LOGGER.warn("The media driver is gone; it is started again.");
                driver.close();
                driver = EmbeddedDriver.launch(dataDirectory, configuredDirectory);
            }
            aeron = connect(driver);
        } catch (RuntimeException failed) {
            LOGGER.error("The media driver cannot be reached; trying again: {}", failed.getMessage());
        }
    }

    /** For tests: ends the driver under the server, as a failure of its own would. */
    synchronized void loseDriver() {
        driver.close();
    }

    @Override
    public synchronized void close() {
        closed = true;
        LockSupport.unpark(guard);
        aeron.close();
        driver.close();
    }
}
