package io.silo.transport;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.ShardRoute;
import io.silo.protocol.session.TokenTable;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.SleepingIdleStrategy;

/** A media driver in a directory of its own, an ingress on a thread of its own, and clients. */
final class TestNode implements AutoCloseable {
    static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final List<ShardRoute> ROUTES = List.of(new ShardRoute(0, 0, 0, -1, 1, 2, 3));

    final boolean udp;
    final String endpoint;
    final String control;
    final MediaDriver driver;
    final Aeron aeron;
    final AeronIngress ingress;
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private final List<TestClient> closeables = new ArrayList<>();
    private final CommandConsumer consumer;
    private final Thread thread;
    private volatile boolean running = true;
    private volatile boolean paused;
    private volatile boolean resting;
    volatile boolean goOnAfterThrow;

    /** Takes no more commands; on return the turn under way is over, so that nothing sent from here on is answered. */
    void pause() {
        paused = true;
        await("pause", () -> resting);
    }

    void goOn() {
        paused = false;
    }

    /** @param consumerOf makes the consumer for the sink of its replies. */
    TestNode(
            boolean udp,
            SessionLimits limits,
            TokenTable tokens,
            int pendingBytesMax,
            Function<AeronReplySink, CommandConsumer> consumerOf) {
        this.udp = udp;
        final List<Integer> ports = freePorts(2);
        endpoint = "127.0.0.1:" + ports.get(0);
        control = "127.0.0.1:" + ports.get(1);
        driver = launchDriver();
        aeron = connect(driver.aeronDirectoryName());
        final IngressContext context = new IngressContext(
                        0, tokens, new ServerHello("test", 10_000, 65_536, 1 << 24, () -> ROUTES))
                .limits(limits)
                .pendingBytes(pendingBytesMax, 64L << 20);
        if (udp) {
            context.ipc(false).udp(endpoint, control);
        }
        ingress = new AeronIngress(aeron, context);
        consumer = consumerOf.apply(ingress.replySink());
        thread = new Thread(this::run, "test-shard");
        thread.start();
    }

    static MediaDriver launchDriver() {
        try {
            final Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "silo-test-");
            return MediaDriver.launch(new MediaDriver.Context()
                    .aeronDirectoryName(directory.toString())
                    .dirDeleteOnStart(true)
                    .dirDeleteOnShutdown(true)
                    .warnIfDirectoryExists(false)
                    .threadingMode(ThreadingMode.SHARED)
                    .termBufferSparseFile(true)
                    .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(50))
                    .clientLivenessTimeoutNs(TimeUnit.SECONDS.toNanos(2))
                    .imageLivenessTimeoutNs(TimeUnit.SECONDS.toNanos(2))
                    .sharedIdleStrategy(new BackoffIdleStrategy(10, 10, 1_000, 1_000_000)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Aeron connect(String directory) {
        return Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(directory)
                .errorHandler(error -> {})
                .keepAliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(200))
                .idleStrategy(new SleepingIdleStrategy(1_000_000)));
    }

    static List<Integer> freePorts(int count) {
        final List<DatagramSocket> sockets = new ArrayList<>();
        final List<Integer> ports = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                final DatagramSocket socket =
                        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                sockets.add(socket);
                ports.add(socket.getLocalPort());
            }
            return ports;
        } catch (SocketException e) {
            throw new IllegalStateException(e);
        } finally {
            sockets.forEach(DatagramSocket::close);
        }
    }

    private void run() {
        final BackoffIdleStrategy idle = new BackoffIdleStrategy(10, 10, 1_000, 1_000_000);
        while (running) {
            int workCount = 0;
            resting = paused;
            if (!resting && (thrown.get() == null || goOnAfterThrow)) {
                try {
                    workCount += ingress.commandSource().poll(consumer, 64);
                } catch (Throwable t) {
                    thrown.set(t);
                }
                workCount += ingress.replySink().flush();
            }
            idle.idle(workCount);
        }
    }

    ShardClientContext clientContext() {
        final ShardClientContext context = udp ? ShardClientContext.udp(endpoint, control) : ShardClientContext.ipc();
        return context.reconnectDelay(TimeUnit.MILLISECONDS.toNanos(20), TimeUnit.MILLISECONDS.toNanos(100));
    }

    TestClient client(ShardClientContext context) {
        final Aeron clientAeron = connect(driver.aeronDirectoryName());
        final TestClient client = new TestClient(clientAeron, context);
        closeables.add(client);
        return client;
    }

    TestClient openClient() {
        final TestClient client = client(clientContext());
        client.awaitOpen();
        return client;
    }

    static void await(String what, BooleanSupplier condition) {
        final long deadline = System.nanoTime() + TIMEOUT_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not in time: " + what);
            }
            LockSupport.parkNanos(20_000);
        }
    }

    @Override
    public void close() {
        for (final TestClient closeable : closeables) {
            closeable.close();
        }
        running = false;
        LockSupport.unpark(thread);
        await("the shard thread ends", () -> !thread.isAlive());
        ingress.close();
        aeron.close();
        driver.close();
        if (Files.exists(Path.of(driver.aeronDirectoryName()))) {
            throw new AssertionError("left behind: " + driver.aeronDirectoryName());
        }
    }
}
