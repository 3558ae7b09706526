package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.Bounds;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.shard.command.ShardSettings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Replies that wait: in order, whole, and never more than there is room for. */
class ParkedRepliesTest {
    private static final Session[] SESSIONS = {new Session(1, null), new Session(2, null), new Session(3, null)};

    private record Parked(Session session, long position, int length, int fill) {}

    /** Compares what leaves with what a queue says is next. */
    private static final class Model implements ReplySink {
        private final Deque<Parked> waiting = new ArrayDeque<>();
        private int sent;

        @Override
        public void send(Session session, DirectBuffer buffer, int offset, int length) {
            Parked next = waiting.removeFirst();
            assertThat(session).isSameAs(next.session());
            assertThat(length).isEqualTo(next.length());
            assertThat(buffer.getInt(offset)).isEqualTo(next.fill());
            assertThat(buffer.getInt(offset + length - 4)).isEqualTo(next.fill());
            sent++;
        }
    }

    @Test
    void shouldBehaveAsAQueueThroughManyTurnsOfTheRing() {
        UnsafeBuffer reply = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
        Seeds.forEach(5, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            ParkedReplies parked = new ParkedReplies(ShardContext.PARKED_BYTES_MAX_DEFAULT);
            Model model = new Model();
            long position = 0;
            long durable = 0;
            long bytes = 0;
            int full = 0;
            while (bytes < 8L * ShardContext.PARKED_BYTES_MAX_DEFAULT) {
                if (parked.hasRoom() && random.nextInt(1_000) < 996) {
                    int length = random.nextInt(3) == 0
                            ? Bounds.MESSAGE_BYTES_MAX - 4 * random.nextInt(1_000)
                            : 8 + 4 * random.nextInt(500);
                    position += random.nextInt(2);
                    reply.putInt(0, (int) bytes);
                    reply.putInt(length - 4, (int) bytes);
                    Session session = SESSIONS[random.nextInt(3)];
                    parked.park(session, position, reply, length);
                    model.waiting.add(new Parked(session, position, length, (int) bytes));
                    bytes += length;
                } else {
                    full += parked.hasRoom() ? 0 : 1;
                    durable = random.nextInt(4) == 0 ? position : Math.min(position, durable + random.nextInt(20));
                    int before = model.sent;
                    assertThat(parked.dispatch(durable, model)).isEqualTo(model.sent - before);
                    assertThat(model.waiting.isEmpty() || model.waiting.peek().position() > durable)
                            .isTrue();
                }
                assertThat(parked.count()).isEqualTo(model.waiting.size());
                assertThat(parked.isEmpty()).isEqualTo(model.waiting.isEmpty());
            }
            parked.dispatch(Long.MAX_VALUE, model);
            assertThat(parked.isEmpty()).isTrue();
            assertThat(parked.hasRoom()).isTrue();
            assertThat(full).as("the ring was full now and then").isPositive();
        });
    }

    /** What hasRoom promises: the longest reply, and a short one for every call that may wait. */
    @Test
    void shouldHaveTheRoomItPromisesWhereverTheRingStands() {
        UnsafeBuffer reply = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
        for (int start = 0; start < 40; start++) {
            ParkedReplies parked = new ParkedReplies(ShardContext.PARKED_BYTES_MAX_DEFAULT);
            for (int i = 0; i < start * 5; i++) {
                parked.park(SESSIONS[0], 0, reply, 41_000);
                parked.dispatch(0, (session, buffer, offset, length) -> {});
            }
            while (parked.hasRoom()) {
                parked.park(SESSIONS[0], 1, reply, Bounds.MESSAGE_BYTES_MAX);
            }
            for (int i = 0; i < KeyedWaiters.WAITERS_MAX; i++) {
                parked.park(SESSIONS[0], 1, reply, 64);
            }
            int[] sent = new int[1];
            parked.dispatch(1, (session, buffer, offset, length) -> sent[0]++);
            assertThat(sent[0]).isGreaterThan(KeyedWaiters.WAITERS_MAX);
            assertThat(parked.hasRoom()).isTrue();
        }
    }

    @Test
    void shouldHaveNoRoomWithoutEntries() {
        ParkedReplies parked = new ParkedReplies(ShardContext.PARKED_BYTES_MAX_DEFAULT);
        UnsafeBuffer reply = new UnsafeBuffer(new byte[64]);
        for (int i = 0; i < ShardContext.PARKED_BYTES_MAX_DEFAULT / 128 - KeyedWaiters.WAITERS_MAX - 1; i++) {
            assertThat(parked.hasRoom()).isTrue();
            parked.park(SESSIONS[0], i, reply, 8);
        }
        assertThat(parked.hasRoom()).isFalse();
        for (int i = 0; i <= KeyedWaiters.WAITERS_MAX; i++) {
            parked.park(SESSIONS[0], 1 << 20, reply, 8);
        }
        assertThatThrownBy(() -> parked.park(SESSIONS[0], 1 << 20, reply, 8)).isInstanceOf(IllegalStateException.class);
    }

    /** A ring that is full puts commands off; they are decided in order once replies have left. */
    @Test
    void shouldPutCommandsOffUntilThereIsRoomAndLoseNone() {
        ShardHarness harness =
                new ShardHarness(1, List.of(io.silo.shard.command.ShardSettings.whole(0)), 64 << 20, h -> {});
        TestClient client = new TestClient(harness, 1);
        int jobs = 150;
        List<Long> sent = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            TestClient.Item item = new TestClient.Item("j" + i);
            item.payload = new byte[Bounds.INLINE_BYTES_MAX];
            client.sendEnqueue(item);
        }
        for (int i = 0; i < jobs; i++) {
            sent.add(client.sendLease("w", "g", 1, 0, 0));
        }
        harness.agent.doWork();
        long putOff = harness.shard.counters().get(io.silo.shard.state.ShardCounters.Figure.COMMANDS_PUT_OFF);
        assertThat(putOff).isPositive();
        assertThat(client.hasReply(sent.get(jobs - 1))).isFalse();
        harness.run();
        for (int i = 0; i < jobs; i++) {
            assertThat(client.reply(sent.get(i), TestClient::tasks))
                    .extracting(TestClient.Task::id)
                    .containsExactly("j" + i);
        }
        harness.shard.checkInvariants();
    }

    /** A roll between two commands of a duty cycle makes the first durable: its answer goes first all the same. */
    @Test
    void shouldAnswerInOrderAroundARoll() {
        ShardHarness harness = new ShardHarness(1, ShardSettings.whole(0), 256 * 1024);
        TestClient client = new TestClient(harness, 1);
        for (int i = 0; i < 40; i++) {
            TestClient.Item item = new TestClient.Item("j" + i);
            item.payload = new byte[20_000];
            long first = client.sendEnqueue(item);
            long second = client.sendEnqueue(item);
            harness.run();
            assertThat(harness.take())
                    .extracting(TestClient::correlation)
                    .as("answers to job %s", i)
                    .containsExactly(first, second);
        }
        assertThat(harness.log.oldestCycleLastPosition()).as("a roll").isPositive();
    }
}
