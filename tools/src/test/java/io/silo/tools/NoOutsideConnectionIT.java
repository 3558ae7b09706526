package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloClientBuilder;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.tools.ProcessSockets.Endpoints;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server with its own settings calls nobody outside its machine, and nobody outside can call it: neither Silo nor a library in
 * it. Seen twice: by the sockets it has, looked at from start to stop, and by the kernel's count of packets that had no way out.
 */
class NoOutsideConnectionIT {
    private static final int JOBS = 200;
    private static final long SAMPLE_INTERVAL_MS = 5;

    @TempDir
    Path directory;

    private Path data;
    private Map<String, String> ports;

    @BeforeEach
    void choose() throws IOException {
        data = directory.resolve("data");
        ports = ServerProcess.freePorts();
    }

    @Test
    void shouldHaveSocketsOfLoopbackAlone() throws Exception {
        final ServerProcess server = ServerProcess.launch(data, ports);
        try (server;
                Sampler sampler = new Sampler(server.pid())) {
            server.awaitReady();
            work(SiloClient.builder().dataDirectory(data));
            work(SiloClient.builder().address(ports.get("SILO_SERVER_AERON_ADDR")));
            assertThat(get("/healthz")).isEqualTo(200);
            assertThat(get("/metrics")).isEqualTo(200);
            assertThat(server.terminate()).isEqualTo(ExitCode.OK);

            final Set<Endpoints> seen = sampler.stop();
            assertThat(seen).allMatch(Endpoints::isInside);
            for (String address : List.of("SILO_SERVER_AERON_ADDR", "SILO_METRICS_ADDR")) {
                final String value = ports.get(address);
                final int port = Integer.parseInt(value.substring(value.indexOf(':') + 1));
                assertThat(seen).as("socket of %s", address).anyMatch(socket -> socket.localPort() == port);
            }
        }
    }

    @Test
    void shouldSendNothingToOtherMachines() throws Exception {
        try (Namespace alone = Namespace.openOrSkip("--net", "ip link set lo up")) {
            final ServerProcess server = ServerProcess.launch(alone.within(), data, ports);
            try (server) {
                server.awaitReady();
                work(SiloClient.builder().dataDirectory(data));
                assertThat(server.terminate()).isEqualTo(ExitCode.OK);
            }
            assertThat(packetsWithoutWay(alone)).isZero();

            // The count is one of this namespace, and moves with what a call home would do first.
            final List<String> call = new ArrayList<>(alone.within());
            call.addAll(List.of("bash", "-c", "echo > /dev/tcp/192.0.2.1/443; echo > /dev/udp/2001:db8::1/53"));
            assertThat(new ProcessBuilder(call)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor(10, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(packetsWithoutWay(alone)).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void shouldSeeSocketsThatOthersCanReach() throws Exception {
        final long self = ProcessHandle.current().pid();
        try (DatagramSocket open = new DatagramSocket(0);
                ServerSocket listening = new ServerSocket(0);
                DatagramSocket connected = new DatagramSocket(null)) {
            connected.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            final Set<Endpoints> sockets = ProcessSockets.of(self);
            assertThat(isInside(sockets, open.getLocalPort())).isFalse();
            assertThat(isInside(sockets, listening.getLocalPort())).isFalse();
            assertThat(isInside(sockets, connected.getLocalPort())).isTrue();
        }
        assertThat(new Endpoints("tcp", loopback(), InetAddress.getByName("192.0.2.1"), 1).isInside())
                .isFalse();
        assertThat(new Endpoints("udp", InetAddress.getByName("192.0.2.1"), loopback(), 1).isInside())
                .isFalse();
    }

    private static InetAddress loopback() {
        return InetAddress.getLoopbackAddress();
    }

    private static boolean isInside(Set<Endpoints> sockets, int port) {
        final List<Endpoints> found =
                sockets.stream().filter(socket -> socket.localPort() == port).toList();
        assertThat(found).isNotEmpty();
        return found.stream().allMatch(Endpoints::isInside);
    }

    /** Jobs enqueued, run and read back. */
    private static void work(SiloClientBuilder builder) throws InterruptedException {
        final CountDownLatch done = new CountDownLatch(JOBS);
        try (SiloClient client = builder.build();
                SiloWorker worker = SiloWorker.with(client)
                        .taskGroup("inside")
                        .handler(task -> {
                            done.countDown();
                            return TaskResult.success("done");
                        })
                        .start()) {
            for (int i = 0; i < JOBS; i++) {
                client.enqueue(JobRequest.to("inside").payload("job " + i).build());
            }
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(worker.completedCount()).isPositive();
        }
    }

    private int get(String path) throws IOException, InterruptedException {
        final URI address = URI.create("http://" + ports.get("SILO_METRICS_ADDR") + path);
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address)
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** Packets that the kernel could not send because no interface leads there. */
    private static long packetsWithoutWay(Namespace namespace) throws IOException {
        final List<String> ip = Files.readAllLines(namespace.proc().resolve("net/snmp")).stream()
                .filter(line -> line.startsWith("Ip:"))
                .toList();
        final int column = Arrays.asList(ip.get(0).split(" ")).indexOf("OutNoRoutes");
        final long inFour = Long.parseLong(ip.get(1).split(" ", -1)[column]);
        final long inSix = Files.readAllLines(namespace.proc().resolve("net/snmp6")).stream()
                .filter(line -> line.startsWith("Ip6OutNoRoutes"))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[1]))
                .sum();
        return inFour + inSix;
    }

    /** Collects every socket that a process is seen with. */
    private static final class Sampler implements AutoCloseable {
        private final Set<Endpoints> seen = ConcurrentHashMap.newKeySet();
        private final Thread thread;
        private volatile boolean stopped;
        private volatile @Nullable Throwable failure = new AssertionError("it never looked");

        Sampler(long pid) {
            thread = new Thread(() -> run(pid), "sampler");
            thread.start();
        }

        private void run(long pid) {
            try {
                do {
                    seen.addAll(ProcessSockets.of(pid));
                    Thread.sleep(SAMPLE_INTERVAL_MS);
                } while (!stopped);
                failure = null;
            } catch (IOException | InterruptedException | RuntimeException failed) {
                failure = failed;
            }
        }

        Set<Endpoints> stop() throws InterruptedException {
            stopped = true;
            thread.join();
            if (failure != null) {
                throw new AssertionError("sockets could not be read", failure);
            }
            return seen;
        }

        @Override
        public void close() {
            stopped = true;
        }
    }
}
