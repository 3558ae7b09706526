package io.silo.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.reply.ErrorReplyDecoder;
import io.silo.protocol.reply.HelloReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class SessionGateTest {
    private static final long TIMEOUT_NS = 1_000;
    private static final ShardRoute ROUTE = new ShardRoute(0, 0, 0, -1, 5, 6, 7);

    private final RecordingConsumer consumer = new RecordingConsumer();

    @Test
    void shouldOpenASessionAndDescribeTheServer() {
        final SessionGate gate = gate(TokenTable.of(List.of(token("secret", null, Verb.ADMIN))), 4);
        final TestConnection client = connect(gate);

        say(gate, client, CommandSamples.hello("secret", 1));

        assertThat(client.state()).isEqualTo(Connection.State.OPEN);
        final HelloReplyDecoder reply = client.helloReply(0);
        assertThat(reply.header().correlationId()).isEqualTo(CommandSamples.CORRELATION_ID);
        assertThat(reply.leaseMs()).isEqualTo(10_000);
        final HelloReplyDecoder.ShardsDecoder shard = reply.shards().next();
        assertThat(shard.rangeLast()).isEqualTo(-1L);
        assertThat(shard.shardEpoch()).isEqualTo(5);
        assertThat(reply.serverVersion()).isEqualTo("test");
    }

    /** AUTH-1. */
    @Test
    void shouldCloseAnythingThatDoesNotBeginWithAGoodHello() {
        for (final byte[] first : List.of(
                CommandSamples.enqueue(1),
                CommandSamples.keepAlive(),
                CommandSamples.closeSession(),
                CommandSamples.hello("Secret", 1),
                CommandSamples.hello("", 1),
                CommandSamples.hello("secret", 2),
                new byte[] {1, 2, 3})) {
            final SessionGate gate = gate(TokenTable.of(List.of(token("secret", null, Verb.ADMIN))), 4);
            final TestConnection client = connect(gate);

            say(gate, client, first);
            say(gate, client, CommandSamples.hello("secret", 1));

            assertThat(client.state()).isEqualTo(Connection.State.CLOSED);
            assertThat(client.replies).hasSize(1);
            assertThat(client.error(0))
                    .isIn(RejectReason.UNAUTHENTICATED, RejectReason.UNSUPPORTED, RejectReason.MALFORMED_FRAME);
            assertThat(consumer.commands).isEmpty();
            assertThat(gate.notifyEnded(consumer)).isZero();
            assertThat(gate.counters().refused()).isEqualTo(1);
        }
    }

    @Test
    void shouldKeepATokenToItsTenantAndVerbs() {
        final SessionGate gate =
                gate(TokenTable.of(List.of(token("p", "acme", Verb.PRODUCE), token("r", null, Verb.READ))), 4);
        final TestConnection producer = connect(gate);
        final TestConnection reader = connect(gate);
        say(gate, producer, CommandSamples.hello("p", 1));
        say(gate, reader, CommandSamples.hello("r", 1));

        say(gate, producer, CommandSamples.enqueue(1));
        say(gate, producer, CommandSamples.getJob());
        say(gate, reader, CommandSamples.enqueue(1));
        say(gate, reader, CommandSamples.getJob());

        assertThat(consumer.commands).hasSize(2);
        assertThat(producer.error(1)).isEqualTo(RejectReason.PERMISSION_DENIED);
        assertThat(reader.error(1)).isEqualTo(RejectReason.PERMISSION_DENIED);
        assertThat(gate.counters().denied()).isEqualTo(2);
        final DirectBuffer scope = consumer.sessions.get(0).tenantScope();
        assertThat(scope).isEqualTo(new UnsafeBuffer("acme".getBytes(StandardCharsets.UTF_8)));
        assertThat(consumer.sessions.get(1).tenantScope()).isNull();
        assertThat(token("p", null, Verb.READ).toString()).doesNotContain("secret");
    }

    @Test
    void shouldRefuseSessionsOverTheLimit() {
        final SessionGate gate = gate(TokenTable.open(), 2);
        final List<TestConnection> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(connect(gate));
            say(gate, clients.get(i), CommandSamples.hello("", 1));
        }

        assertThat(clients.get(1).state()).isEqualTo(Connection.State.OPEN);
        assertThat(clients.get(2).error(0)).isEqualTo(RejectReason.TOO_MANY_SESSIONS);

        gate.close(clients.get(0), CloseReason.CONNECTION_LOST);
        final TestConnection next = connect(gate);
        say(gate, next, CommandSamples.hello("", 1));
        assertThat(next.state()).isEqualTo(Connection.State.OPEN);
    }

    @Test
    void shouldDropTheSilentAndKeepWhoSaysTheyLive() {
        final SessionGate gate = gate(TokenTable.open(), 4);
        final TestConnection silent = connect(gate);
        final TestConnection lively = connect(gate);
        final TestConnection neverSpoke = connect(gate);
        say(gate, silent, CommandSamples.hello("", 1));
        say(gate, lively, CommandSamples.hello("", 1));

        for (long now = 0; now <= 2 * TIMEOUT_NS; now += TIMEOUT_NS / 10) {
            gate.onMessage(
                    lively,
                    new UnsafeBuffer(CommandSamples.keepAlive()),
                    0,
                    CommandSamples.keepAlive().length,
                    consumer,
                    now);
            gate.checkTimeouts(now);
        }
        gate.notifyEnded(consumer);

        assertThat(silent.closeReason()).isEqualTo(CloseReason.SILENT);
        assertThat(neverSpoke.closeReason()).isEqualTo(CloseReason.SILENT);
        assertThat(lively.state()).isEqualTo(Connection.State.OPEN);
        assertThat(consumer.closed).containsExactly("lost");
    }

    @Test
    void shouldNotCountAsSilenceWhatItDidNotListen() {
        final SessionGate gate = gate(TokenTable.open(), 4);
        final TestConnection client = connect(gate);
        say(gate, client, CommandSamples.hello("", 1));
        final long step = TIMEOUT_NS / 10;
        long now = 0;
        for (; now < TIMEOUT_NS / 2; now += step) {
            gate.checkTimeouts(now);
        }
        now += 3 * TIMEOUT_NS; // a slow sync
        assertThat(gate.checkTimeouts(now)).isZero();
        final long heardAgainNs = now;
        while (gate.checkTimeouts(now) == 0 && now < heardAgainNs + TIMEOUT_NS) {
            now += step;
        }

        // Half of the time-out it was silent before, so that the other half is left.
        assertThat(client.closeReason()).isEqualTo(CloseReason.SILENT);
        assertThat(now - heardAgainNs).isBetween(TIMEOUT_NS / 2 - step, TIMEOUT_NS / 2 + 3 * step);
    }

    @Test
    void shouldTellAnExplicitCloseFromALoss() {
        final SessionGate gate = gate(TokenTable.open(), 4);
        final TestConnection polite = connect(gate);
        final TestConnection lost = connect(gate);
        say(gate, polite, CommandSamples.hello("", 1));
        say(gate, lost, CommandSamples.hello("", 1));

        say(gate, polite, CommandSamples.closeSession());
        say(gate, polite, CommandSamples.enqueue(1));
        gate.close(lost, CloseReason.CONNECTION_LOST);
        gate.close(polite, CloseReason.CONNECTION_LOST);
        gate.notifyEnded(consumer);
        gate.notifyEnded(consumer);

        assertThat(consumer.closed).containsExactly("explicit", "lost");
        assertThat(consumer.commands).isEmpty();
        assertThat(gate.connectionCount()).isZero();
    }

    @Test
    void shouldAnswerMalformedFramesUntilTheBoundIsReached() {
        final SessionGate gate = gate(TokenTable.open(), 4);
        final TestConnection client = connect(gate);
        say(gate, client, CommandSamples.hello("", 1));
        final byte[] truncated = java.util.Arrays.copyOf(CommandSamples.getJob(), 40);

        for (int i = 0; i < 3; i++) {
            say(gate, client, truncated);
            assertThat(client.state()).isEqualTo(Connection.State.OPEN);
        }
        say(gate, client, truncated);

        assertThat(client.error(1)).isEqualTo(RejectReason.MALFORMED_FRAME);
        assertThat(client.closeReason()).isEqualTo(CloseReason.MALFORMED_FRAMES);
    }

    @Test
    void shouldAnswerAHelloOfAnOpenSessionWithTheMapAgain() {
        final SessionGate gate = gate(TokenTable.of(List.of(token("secret", null, Verb.READ))), 4);
        final TestConnection client = connect(gate);
        say(gate, client, CommandSamples.hello("secret", 1));
        say(gate, client, CommandSamples.hello("secret", 1));
        assertThat(client.helloReply(1).sessionId())
                .isEqualTo(client.helloReply(0).sessionId());
        assertThat(gate.counters().opened()).isEqualTo(1);

        say(gate, client, CommandSamples.hello("wrong", 1));
        assertThat(client.state()).isEqualTo(Connection.State.CLOSED);
    }

    @Test
    void shouldSurviveAnyBytesFromAnOpenSession() {
        final Random random = new Random(7);
        SessionGate gate = gate(TokenTable.open(), 4);
        TestConnection client = connect(gate);
        final List<byte[]> samples = CommandSamples.all();
        for (int i = 0; i < 20_000; i++) {
            if (client.state() != Connection.State.OPEN) {
                gate = gate(TokenTable.open(), 4);
                client = connect(gate);
                say(gate, client, CommandSamples.hello("", 1));
            }
            final byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            say(gate, client, java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 4)));
        }
        assertThat(consumer.commands).isNotEmpty();
    }

    private static AccessToken token(String secret, String tenant, Verb verb) {
        return new AccessToken("name-of-" + verb, secret, tenant, EnumSet.of(verb));
    }

    private static SessionGate gate(TokenTable tokens, int sessionsMax) {
        return new SessionGate(
                0,
                new SessionLimits(sessionsMax, TIMEOUT_NS, 3),
                tokens,
                new ServerHello("test", 10_000, 65_536, 1 << 24, () -> List.of(ROUTE)),
                0);
    }

    private static TestConnection connect(SessionGate gate) {
        final TestConnection connection = new TestConnection();
        gate.onConnected(connection, 0);
        return connection;
    }

    private void say(SessionGate gate, TestConnection connection, byte[] message) {
        gate.onMessage(connection, new UnsafeBuffer(message), 0, message.length, consumer, 0);
    }

    private static final class RecordingConsumer implements CommandConsumer {
        final List<Integer> commands = new ArrayList<>();
        final List<Session> sessions = new ArrayList<>();
        final List<String> closed = new ArrayList<>();

        @Override
        public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
            commands.add(FrameCheck.templateId(buffer, offset));
            sessions.add(session);
            return Disposition.CONSUMED;
        }

        @Override
        public void onSessionClosed(Session session, boolean explicit) {
            closed.add(explicit ? "explicit" : "lost");
        }
    }

    private static final class TestConnection extends Connection {
        final List<byte[]> replies = new ArrayList<>();

        @Override
        protected void sendReply(DirectBuffer buffer, int offset, int length) {
            final byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            replies.add(copy);
        }

        @Override
        protected void onClosed(CloseReason reason) {
            assertThat(state()).isEqualTo(State.CLOSED);
        }

        RejectReason error(int index) {
            final ErrorReplyDecoder reply = new ErrorReplyDecoder()
                    .wrapAndApplyHeader(new UnsafeBuffer(replies.get(index)), 0, new MessageHeaderDecoder());
            final RejectReason reason = RejectReason.fromCode(reply.header().code());
            assertThat(reply.message()).isEqualTo(reason.sentence());
            return reason;
        }

        HelloReplyDecoder helloReply(int index) {
            return new HelloReplyDecoder()
                    .wrapAndApplyHeader(new UnsafeBuffer(replies.get(index)), 0, new MessageHeaderDecoder());
        }
    }
}
