package io.silo.server.gubernator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.silo.server.config.HostPort;
import io.silo.server.error.ServerException;
import io.silo.shard.rate.RateAnswer;
import io.silo.shard.rate.RateQuestion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client against a server that speaks gRPC and says what no Gubernator should: nothing of it may let a job pass. */
class GubernatorClientIT {
    private static final byte[] UNDER = {8, 0, 16, 5, 24, 4, 32, (byte) 0xE8, 7};
    private static final byte[] OVER = {8, 1, 16, 5, 32, (byte) 0xD0, 15};
    private static final byte[] OTHER_STATUS = {8, 2, 16, 5};
    private static final byte[] ERROR = error();

    private interface Behaviour {
        void answer(int items, StreamObserver<byte[]> observer);
    }

    private record Got(long id, RateAnswer answer, long resetAtMs) {}

    private final List<Integer> batches = new CopyOnWriteArrayList<>();
    private final List<Got> got = new ArrayList<>();
    private volatile Behaviour behaviour = repeating(UNDER);
    private Server server;
    private GubernatorClient client;
    private GubernatorPort port;

    private static byte[] error() {
        final byte[] text = "no peer".getBytes(StandardCharsets.UTF_8);
        final byte[] item = new byte[2 + text.length];
        item[0] = 42;
        item[1] = (byte) text.length;
        System.arraycopy(text, 0, item, 2, text.length);
        return item;
    }

    private static Behaviour repeating(byte[] item) {
        return (items, observer) -> {
            observer.onNext(response(item, items));
            observer.onCompleted();
        };
    }

    private static byte[] response(byte[] item, int times) {
        final byte[] bytes = new byte[times * (2 + item.length)];
        for (int i = 0; i < times; i++) {
            final int at = i * (2 + item.length);
            bytes[at] = 10;
            bytes[at + 1] = (byte) item.length;
            System.arraycopy(item, 0, bytes, at + 2, item.length);
        }
        return bytes;
    }

    private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
    }

    private static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("pb.gubernator.V1/" + name)
                .setRequestMarshaller(new Raw())
                .setResponseMarshaller(new Raw())
                .build();
    }

    private void start(int tcpPort) throws IOException {
        server = Grpc.newServerBuilderForPort(tcpPort, InsecureServerCredentials.create())
                .addService(ServerServiceDefinition.builder("pb.gubernator.V1")
                        .addMethod(
                                method("GetRateLimits"),
                                ServerCalls.asyncUnaryCall((byte[] request, StreamObserver<byte[]> observer) -> {
                                    final int items = items(request);
                                    batches.add(items);
                                    behaviour.answer(items, observer);
                                }))
                        .addMethod(
                                method("HealthCheck"),
                                ServerCalls.asyncUnaryCall((byte[] request, StreamObserver<byte[]> observer) -> {
                                    observer.onNext(new byte[0]);
                                    observer.onCompleted();
                                }))
                        .build())
                .build()
                .start();
    }

    private static int items(byte[] request) {
        int items = 0;
        for (int at = 0; at < request.length; at += 2 + request[at + 1]) {
            items++;
        }
        return items;
    }

    private void connect(long timeoutMs) throws IOException {
        start(0);
        client = GubernatorClient.connect(new HostPort("127.0.0.1", server.getPort()), timeoutMs);
        port = client.newPort();
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private void ask(long id) {
        final RateQuestion question = new RateQuestion();
        question.tenant().wrap("t".getBytes(StandardCharsets.UTF_8));
        question.name().wrap("n".getBytes(StandardCharsets.UTF_8));
        question.key().wrap("k".getBytes(StandardCharsets.UTF_8));
        question.set(1, 5, 1_000, 0, 0, false);
        assertThat(port.ask(id, question)).isTrue();
    }

    private List<Got> await(int count) throws InterruptedException {
        final long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (got.size() < count && System.nanoTime() < untilNs) {
            port.poll((id, answer, resetAtMs) -> got.add(new Got(id, answer, resetAtMs)), 100);
            Thread.onSpinWait(); // at once, so that what comes right behind an answer is tested, too
        }
        assertThat(got).hasSize(count);
        final List<Got> taken = List.copyOf(got);
        got.clear();
        return taken;
    }

    private RateAnswer answerTo(Behaviour says) throws InterruptedException {
        behaviour = says;
        ask(1);
        return await(1).get(0).answer();
    }

    @Test
    void shouldTellWhatGubernatorSaysAndNothingElseLetsPass() throws Exception {
        connect(1_000);
        ask(7);
        assertThat(await(1)).containsExactly(new Got(7, RateAnswer.PASS, 1_000));
        behaviour = repeating(OVER);
        ask(8);
        assertThat(await(1)).containsExactly(new Got(8, RateAnswer.OVER, 2_000));
        // An error has status 0, which is "under the limit".
        assertThat(answerTo(repeating(ERROR))).isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo(repeating(OTHER_STATUS))).isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo(repeating(new byte[0]))).isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo((items, observer) -> {
                    observer.onNext(new byte[0]);
                    observer.onCompleted();
                }))
                .isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo((items, observer) -> {
                    observer.onNext(response(UNDER, items + 1));
                    observer.onCompleted();
                }))
                .isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo((items, observer) -> {
                    observer.onNext(new byte[] {10, 127, 8, 0});
                    observer.onCompleted();
                }))
                .isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo((items, observer) -> observer.onError(
                        Status.RESOURCE_EXHAUSTED.withDescription("enough").asRuntimeException())))
                .isEqualTo(RateAnswer.ERROR);
        assertThat(answerTo(repeating(UNDER))).isEqualTo(RateAnswer.PASS);
    }

    @Test
    void shouldAskAnewRightAfterACallFailed() throws Exception {
        connect(1_000);
        for (int i = 0; i < 30; i++) {
            assertThat(answerTo(repeating(new byte[0]))).isEqualTo(RateAnswer.ERROR);
            assertThat(answerTo(repeating(UNDER))).as("round %d", i).isEqualTo(RateAnswer.PASS);
        }
    }

    @Test
    void shouldGiveUpAtItsDeadline() throws Exception {
        connect(300);
        final long beginNs = System.nanoTime();
        assertThat(answerTo((items, observer) -> {})).isEqualTo(RateAnswer.ERROR);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs)).isBetween(250L, 5_000L);
        assertThat(port.answerMsMax()).isGreaterThan(300);
    }

    @Test
    void shouldAskInBatches() throws Exception {
        connect(5_000);
        for (int i = 0; i < 1_000; i++) {
            ask(i);
        }
        assertThat(await(1_000)).extracting(Got::answer).containsOnly(RateAnswer.PASS);
        assertThat(batches).allMatch(items -> items <= GubernatorClient.BATCH_MAX);
        assertThat(batches.size()).isLessThan(500);
    }

    @Test
    void shouldTakeNoMoreThanItsBoundAndFailWhatItHasWhenClosed() throws Exception {
        connect(60_000);
        behaviour = (items, observer) -> {};
        for (int i = 0; i < GubernatorPort.ASKS_MAX; i++) {
            ask(i);
        }
        assertThat(port.ask(9_999, new RateQuestion())).isFalse();
        client.close();
        assertThat(await(GubernatorPort.ASKS_MAX)).extracting(Got::answer).containsOnly(RateAnswer.ERROR);
    }

    @Test
    void shouldGoOnSoonAfterTheServerIsBack() throws Exception {
        connect(2_000);
        final int tcpPort = server.getPort();
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        for (int i = 0; i < 6; i++) {
            ask(i);
            assertThat(await(1).get(0).answer()).isEqualTo(RateAnswer.ERROR);
        }
        start(tcpPort);
        final long beginNs = System.nanoTime();
        RateAnswer answer = RateAnswer.ERROR;
        while (answer == RateAnswer.ERROR && System.nanoTime() - beginNs < TimeUnit.SECONDS.toNanos(10)) {
            ask(1);
            answer = await(1).get(0).answer();
        }
        assertThat(answer).isEqualTo(RateAnswer.PASS);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs)).isLessThan(5_000);
    }

    @Test
    void shouldNotStartWithoutAnAnswer() throws Exception {
        final int unused;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        assertThatThrownBy(() -> GubernatorClient.connect(new HostPort("127.0.0.1", unused), 1_000, 1_000))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("No Gubernator answers at 127.0.0.1:" + unused)
                .hasMessageContaining("gubernator.address");
        // Something listens, and says nothing.
        try (ServerSocket silent = new ServerSocket()) {
            silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertThatThrownBy(() ->
                            GubernatorClient.connect(new HostPort("127.0.0.1", silent.getLocalPort()), 1_000, 1_000))
                    .isInstanceOf(ServerException.class);
        }
        // Something speaks gRPC, and is another service.
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .build()
                .start();
        assertThatThrownBy(() -> GubernatorClient.connect(new HostPort("127.0.0.1", server.getPort()), 1_000, 1_000))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("UNIMPLEMENTED");
    }
}
