package io.silo.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.session.CloseReason;
import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.ShardRoute;
import io.silo.protocol.session.TokenTable;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Server and raw client on one thread: what they allocate, and what becomes of them when the media driver dies. */
@Timeout(30)
class SteadyStateIT {
    private static final ServerHello HELLO =
            new ServerHello("test", 10_000, 65_536, 1 << 24, () -> List.of(new ShardRoute(0, 0, 0, -1, 1, 1, 1)));

    /** Counts and keeps nothing. */
    private static final class Counting implements ReplyHandler {
        long replies;
        int unknown;
        int connected;

        @Override
        public void onConnected(io.silo.protocol.reply.HelloReplyDecoder reply) {
            connected++;
        }

        @Override
        public void onEnqueueReply(EnqueueReplyDecoder reply) {
            replies += reply.results().next().code() == RejectReason.OK ? 1 : 0;
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            unknown++;
        }
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        try (MediaDriver driver = TestNode.launchDriver();
                Aeron aeron = TestNode.connect(driver.aeronDirectoryName());
                AeronIngress ingress = new AeronIngress(aeron, new IngressContext(0, TokenTable.open(), HELLO))) {
            final ReplyOnly consumer = new ReplyOnly(ingress.replySink());
            final Counting counting = new Counting();
            try (ShardClient client = new ShardClient(aeron, ShardClientContext.ipc(), counting)) {
                TestNode.await("open", () -> {
                    client.poll(10);
                    ingress.commandSource().poll(consumer, 10);
                    ingress.replySink().flush();
                    return counting.connected == 1;
                });
                final TestClient encoder = new TestClient(aeron, ShardClientContext.ipc());
                final int length = encoder.encodeEnqueue("123", 256);
                roundTrips(50_000, client, ingress, consumer, encoder, length);
                final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                final long before = threads.getCurrentThreadAllocatedBytes();
                roundTrips(50_000, client, ingress, consumer, encoder, length);
                final long allocated = threads.getCurrentThreadAllocatedBytes() - before;

                assertThat(counting.replies).isEqualTo(100_000);
                // Less than a byte a round trip: what is left is the JVM's own, not a message's.
                assertThat(allocated).isLessThan(50_000);
            }
        }
    }

    private static void roundTrips(
            int count, ShardClient client, AeronIngress ingress, ReplyOnly consumer, TestClient encoder, int length) {
        for (int i = 0; i < count; i++) {
            while (client.offer(encoder.buffer(), 0, length, TestNode.TIMEOUT_NS) < 0) {
                turn(client, ingress, consumer);
            }
            turn(client, ingress, consumer);
        }
        while (client.inFlightCount() > 0) {
            turn(client, ingress, consumer);
        }
    }

    private static void turn(ShardClient client, AeronIngress ingress, ReplyOnly consumer) {
        ingress.commandSource().poll(consumer, 64);
        ingress.replySink().flush();
        client.poll(64);
    }

    @Test
    void shouldGoOnWithANewDriverAfterTheOldOneDied() {
        final MediaDriver first = TestNode.launchDriver();
        final Aeron firstAeron = TestNode.connect(first.aeronDirectoryName());
        final AeronIngress ingress = new AeronIngress(firstAeron, new IngressContext(0, TokenTable.open(), HELLO));
        final TestShard shard = new TestShard(ingress.replySink());
        final Counting counting = new Counting();
        final ShardClient client = new ShardClient(firstAeron, ShardClientContext.ipc(), counting);
        final Runnable turn = () -> {
            ingress.commandSource().poll(shard, 10);
            ingress.replySink().flush();
            client.poll(10);
        };
        TestNode.await("open", () -> {
            turn.run();
            return client.state() == ShardClient.State.OPEN;
        });
        final TestClient encoder = new TestClient(firstAeron, ShardClientContext.ipc());
        final int length = encoder.encodeEnqueue("1", 10);
        // In flight when the driver dies.
        assertThat(client.offer(encoder.buffer(), 0, length, TestNode.TIMEOUT_NS))
                .isPositive();
        firstAeron.close();
        first.close();
        TestNode.await("both notice", () -> {
            turn.run();
            return counting.unknown == 1 && shard.closed.size() == 1;
        });
        assertThat(ingress.isLost()).isTrue();
        assertThat(client.isLost()).isTrue();
        assertThat(shard.closed.get(0)).endsWith("lost");
        assertThat(ingress.counters().sessions().closed(CloseReason.SERVER_CLOSED))
                .isEqualTo(1);

        try (MediaDriver second = TestNode.launchDriver();
                Aeron secondAeron = TestNode.connect(second.aeronDirectoryName())) {
            ingress.attach(secondAeron);
            client.attach(secondAeron);
            TestNode.await("open again", () -> {
                turn.run();
                return client.state() == ShardClient.State.OPEN;
            });
            assertThat(client.offer(encoder.buffer(), 0, length, TimeUnit.SECONDS.toNanos(5)))
                    .isPositive();
            TestNode.await("answered", () -> {
                turn.run();
                return counting.replies == 1;
            });
            client.close();
            ingress.close();
        }
    }
}
