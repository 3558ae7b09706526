package io.silo.client;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.ShardRoute;
import io.silo.protocol.session.TokenTable;
import io.silo.transport.AeronIngress;
import io.silo.transport.IngressContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.IoUtil;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.SleepingIdleStrategy;

/** The real transport over a real media driver in front of a {@link TestBroker}. Can be stopped and started again. */
final class TestServer implements AutoCloseable {
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(15);
    static final int PAYLOAD_BYTES_MAX = 4 << 20;

    final TestBroker broker = new TestBroker();
    final Path dataDirectory;
    final int port;
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private final TokenTable tokens;
    private final Path memory;
    private MediaDriver driver;
    private Aeron aeron;
    private AeronIngress ingress;
    private Thread thread;
    private volatile boolean running;
    private volatile boolean paused;
    private volatile boolean resting;

    /** Takes no more commands; on return the turn under way is over, so that nothing sent from here on is answered. */
    void pause() {
        paused = true;
        while (!resting) {
            Thread.onSpinWait();
        }
    }

    void goOn() {
        paused = false;
    }

    TestServer() {
        this(TokenTable.open());
    }

    TestServer(TokenTable tokens) {
        this.tokens = tokens;
        try {
            memory = Files.createTempDirectory(Path.of("/dev/shm"), "silo-test-");
            dataDirectory = Files.createTempDirectory("silo-test-data-");
            try (DatagramSocket socket =
                    new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
                port = socket.getLocalPort() < 65_000 ? socket.getLocalPort() : 50_321;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    SiloClientBuilder client(boolean udp) {
        final SiloClientBuilder builder = SiloClient.builder().requestTimeout(Duration.ofSeconds(8));
        return udp ? builder.address(address()) : builder.dataDirectory(dataDirectory);
    }

    void start() {
        driver = MediaDriver.launch(new MediaDriver.Context()
                .aeronDirectoryName(memory.resolve("aeron").toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .termBufferSparseFile(true)
                .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(100))
                .imageLivenessTimeoutNs(TimeUnit.SECONDS.toNanos(3))
                .errorHandler(error -> {})
                .sharedIdleStrategy(new BackoffIdleStrategy(10, 10, 1_000, 1_000_000)));
        aeron = Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(driver.aeronDirectoryName())
                .errorHandler(error -> {})
                .idleStrategy(new SleepingIdleStrategy(1_000_000)));
        final ShardRoute route = new ShardRoute(0, 0, 0, -1, 1, 1, 1);
        ingress = new AeronIngress(
                aeron,
                new IngressContext(
                                0,
                                tokens,
                                new ServerHello(
                                        "9.9.9", TestBroker.LEASE_MS, 65_536, PAYLOAD_BYTES_MAX, () -> List.of(route)))
                        .limits(new SessionLimits(16, TimeUnit.SECONDS.toNanos(10), 4))
                        .udp(address(), "127.0.0.1:" + (port + 1)));
        broker.sink(ingress.replySink());
        writeServerFile();
        running = true;
        thread = new Thread(this::run, "test-shard");
        thread.start();
    }

    private void writeServerFile() {
        try {
            Files.writeString(
                    dataDirectory.resolve("server.json"),
                    "{\"pid\": " + ProcessHandle.current().pid()
                            + ", \"version\": \"9.9.9\", \"nested\": {\"a\": [1]}, "
                            + "\"aeron_dir\": \"" + driver.aeronDirectoryName() + "\", \"aeron_addr\": \"" + address()
                            + "\"}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void run() {
        final BackoffIdleStrategy idle = new BackoffIdleStrategy(10, 10, 1_000, 200_000);
        while (running) {
            int workCount = 0;
            resting = paused;
            if (!resting) {
                try {
                    workCount = ingress.commandSource().poll(broker, 64) + broker.doWork();
                } catch (Throwable t) {
                    thrown.set(t);
                    return;
                }
                workCount += ingress.replySink().flush();
            }
            idle.idle(workCount);
        }
    }

    /** Takes transport and driver away, as a crash does; the broker's jobs stay. */
    void stop() {
        running = false;
        LockSupport.unpark(thread);
        await("the shard thread ends", () -> !thread.isAlive());
        broker.onTransportLost();
        ingress.close();
        aeron.close();
        driver.close();
    }

    static void await(String what, BooleanSupplier condition) {
        final long deadline = System.nanoTime() + TIMEOUT_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not in time: " + what);
            }
            LockSupport.parkNanos(200_000);
        }
    }

    @Override
    public void close() {
        if (running) {
            stop();
        }
        IoUtil.delete(memory.toFile(), true);
        IoUtil.delete(dataDirectory.toFile(), true);
        if (thrown.get() != null) {
            throw new AssertionError("the shard thread failed", thrown.get());
        }
    }
}
