package io.silo.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.silo.protocol.RejectReason;
import io.silo.protocol.session.AccessToken;
import io.silo.protocol.session.CloseReason;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.TokenTable;
import io.silo.protocol.session.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of CommandSource and ReplySink over a real media driver, on shared memory and on UDP. */
@Timeout(30)
class AeronIngressIT {
    private static final SessionLimits LIMITS = new SessionLimits(16, TimeUnit.SECONDS.toNanos(2), 4);

    private TestShard shard;
    private TestNode node;

    private void start(boolean udp, SessionLimits limits, TokenTable tokens, int pendingBytesMax) {
        node = new TestNode(udp, limits, tokens, pendingBytesMax, sink -> shard = new TestShard(sink));
    }

    private void start(boolean udp) {
        start(udp, LIMITS, TokenTable.open(), IngressContext.PENDING_BYTES_MAX);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldGiveEachClientItsOwnAnswers(boolean udp) {
        start(udp);
        final List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(node.openClient());
        }
        final List<List<Long>> sent = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            final List<Long> ids = new ArrayList<>();
            for (int n = 0; n < 200; n++) {
                // Some span several fragments.
                ids.add(clients.get(i).enqueue(String.valueOf(i * 1_000 + n), n % 50 == 0 ? 60_000 : 100));
            }
            sent.add(ids);
        }
        for (int i = 0; i < clients.size(); i++) {
            final TestClient client = clients.get(i);
            client.poll("all answers", () -> client.jobKeys.size() == 200);
            for (int n = 0; n < 200; n++) {
                assertThat(client.jobKeys.get(sent.get(i).get(n))).isEqualTo(i * 1_000 + n);
            }
            assertThat(client.client.inFlightCount()).isZero();
        }
        assertThat(node.ingress.counters().sessions().open()).isEqualTo(4);
        assertThat(node.thrown.get()).isNull();
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldRedeliverInOrderWhatWasToBeRetried(boolean udp) {
        start(udp);
        final TestClient client = node.openClient();
        shard.retriesLeft.set(50);
        for (int n = 0; n < 100; n++) {
            client.enqueue(String.valueOf(n), n % 10 == 0 ? 20_000 : 10);
        }
        client.poll("all answers", () -> client.jobKeys.size() == 100);
        assertThat(shard.retried.get()).isEqualTo(50);
        for (int n = 0; n < 100; n++) {
            assertThat(shard.jobIds.get(n)).isEqualTo(String.valueOf(n));
        }
    }

    /** Canary: Aeron would hand this exception to its error handler and go on as if nothing had been lost. */
    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldRethrowWhatAConsumerThrowsAndLoseNothingElse(boolean udp) {
        start(udp);
        final TestClient victim = node.openClient();
        final TestClient other = node.openClient();
        shard.throwAt = "5";
        for (int n = 0; n < 10; n++) {
            victim.enqueue(String.valueOf(n), 10);
        }
        TestNode.await("the failure", () -> node.thrown.get() != null);
        assertThat(node.thrown.get()).isInstanceOf(IllegalStateException.class).hasMessage("canary 5");
        assertThat(shard.jobIds).containsExactly("0", "1", "2", "3", "4");

        node.goOnAfterThrow = true;
        other.enqueue("100", 10);
        other.poll("the other's answer", () -> other.jobKeys.size() == 1);
        victim.poll("the rest", () -> victim.jobKeys.size() == 9);
        assertThat(shard.jobIds).contains("6", "7", "8", "9").doesNotContain("5");
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldDropAClientThatDoesNotReadWhileOthersGoOn(boolean udp) {
        start(udp, LIMITS, TokenTable.open(), 256 * 1024);
        final TestClient slow = node.openClient();
        final TestClient quick = node.openClient();

        // 100 KiB each: the publication takes five of them, the bound two more.
        for (int n = 0; n < 40; n++) {
            slow.client.offer(slow.buffer(), 0, slow.encodeGetJob("1"), TestNode.TIMEOUT_NS);
        }
        TestNode.await("the drop", () -> node.ingress.counters().sessions().closed(CloseReason.TOO_SLOW) == 1);
        for (int n = 0; n < 20; n++) {
            final long id = quick.enqueue(String.valueOf(n), 10);
            quick.poll("an answer", () -> quick.jobKeys.containsKey(id));
        }
        TestNode.await("the shard is told", () -> shard.closed.size() == 1);
        assertThat(shard.closed.get(0)).endsWith("lost");
        TestNode.await("its buffers are free", () -> node.ingress.counters().pendingBytes() == 0);

        slow.poll("notices", () -> slow.disconnected == 1);
        slow.poll("a new session", () -> slow.connected == 2);
        final long again = slow.enqueue("77", 10);
        slow.poll("an answer", () -> slow.jobKeys.containsKey(again));
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldKeepRepliesOfAClientThatStallsBelowTheBound(boolean udp) {
        start(udp);
        final TestClient client = node.openClient();
        for (int n = 0; n < 12; n++) {
            client.send(client.encodeGetJob("1"));
        }
        TestNode.await("parked", () -> node.ingress.counters().repliesParked() > 1);
        client.poll("all", () -> client.chunkLengths.size() == 12);
        assertThat(client.chunkLengths).containsOnly(TestShard.LARGE_REPLY_BYTES);
        TestNode.await("its buffers are free", () -> node.ingress.counters().pendingBytes() == 0);
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldTellAWrongTokenAndKeepAScopeToItsVerbs(boolean udp) {
        start(
                udp,
                LIMITS,
                TokenTable.of(List.of(new AccessToken("reader", "r-secret", null, Set.of(Verb.READ)))),
                IngressContext.PENDING_BYTES_MAX);
        final TestClient wrong = node.client(node.clientContext().token("r-secreT"));
        wrong.poll("refused", () -> wrong.refused != null);
        assertThat(wrong.refused).isEqualTo(RejectReason.UNAUTHENTICATED);
        assertThat(wrong.client.state()).isEqualTo(ShardClient.State.REFUSED);

        final TestClient reader = node.client(node.clientContext().token("r-secret"));
        reader.awaitOpen();
        final long denied = reader.enqueue("1", 10);
        reader.send(reader.encodeGetJob("1"));
        reader.poll("both answers", () -> reader.chunkLengths.size() == 1 && reader.errors.size() == 1);
        assertThat(reader.errors).containsEntry(denied, RejectReason.PERMISSION_DENIED.code());
        assertThat(shard.jobIds).isEmpty();
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldHoldTheSessionLimitAndLetTheNextInWhenOneLeaves(boolean udp) {
        start(udp, new SessionLimits(2, TimeUnit.SECONDS.toNanos(2), 4), TokenTable.open(), 1 << 20);
        final TestClient first = node.openClient();
        node.openClient();
        final TestClient third = node.client(node.clientContext());
        third.poll("refused", () -> third.client.refusedBy() == RejectReason.TOO_MANY_SESSIONS);

        first.close();
        third.poll("in", () -> third.connected == 1);
        TestNode.await("told", () -> shard.closed.size() == 1);
        assertThat(shard.closed.get(0)).endsWith("explicit");
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldDropTheSilentAndKeepTheQuiet(boolean udp) {
        start(udp);
        final TestClient silent = node.client(node.clientContext().keepAliveInterval(TimeUnit.HOURS.toNanos(1)));
        final TestClient quiet =
                node.client(node.clientContext().keepAliveInterval(TimeUnit.MILLISECONDS.toNanos(200)));
        silent.awaitOpen();
        quiet.awaitOpen();
        quiet.poll("drop", () -> node.ingress.counters().sessions().closed(CloseReason.SILENT) == 1);
        assertThat(quiet.disconnected).isZero();
        silent.poll("notices", () -> silent.disconnected == 1);
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldReportAnUnknownOutcomeWhenNoAnswerComes(boolean udp) {
        start(udp);
        final TestClient client = node.openClient();
        node.pause();
        final long id = client.send(client.encodeEnqueue("1", 10), TimeUnit.MILLISECONDS.toNanos(100));
        client.poll("time-out", () -> client.unknown.contains(id));
        node.goOn();
        final long next = client.enqueue("2", 10);
        client.poll("the next answer", () -> client.jobKeys.containsKey(next));
        assertThat(client.jobKeys).as("the late answer is thrown away").doesNotContainKey(id);
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldReturnBackPressureInsteadOfWaiting(boolean udp) {
        start(udp);
        final TestClient client = node.client(node.clientContext().windowMax(8));
        client.awaitOpen();
        node.pause();
        long result = 1;
        int taken = 0;
        while (result > 0) {
            result = client.client.offer(client.buffer(), 0, client.encodeEnqueue("1", 10), TestNode.TIMEOUT_NS);
            taken += result > 0 ? 1 : 0;
        }
        assertThat(result).isEqualTo(ShardClient.BACK_PRESSURED);
        assertThat(taken).isEqualTo(8);
        node.goOn();
        client.poll("all answers", () -> client.jobKeys.size() == 8);
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldSurviveRandomFrames(boolean udp) {
        start(udp);
        final TestClient honest = node.openClient();
        final long seed = 42;
        final Random random = new Random(seed);
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[64 * 1024]);
        for (int session = 0; session < 4; session++) {
            final Subscription in = node.aeron.addSubscription(
                    udp ? Channels.udpResponseSubscription(node.control) : Channels.ipcResponseSubscription(),
                    Channels.responseStream(Channels.BASE_STREAM));
            final ExclusivePublication out = node.aeron.addExclusivePublication(
                    udp
                            ? Channels.udpRequest(node.endpoint, in.registrationId())
                            : Channels.ipcRequest(in.registrationId()),
                    Channels.BASE_STREAM);
            TestNode.await("connected", out::isConnected);
            final long refusedBefore = node.ingress.counters().sessions().refused();
            if (session == 0) {
                // Well-formed, but not Hello.
                out.offer(honest.buffer(), 0, honest.encodeEnqueue("666", 10));
            }
            for (int n = 0; n < 50; n++) {
                random.nextBytes(frame.byteArray());
                final int length = random.nextInt(n % 10 == 0 ? frame.capacity() : 200);
                out.offer(frame, 0, length);
            }
            TestNode.await("refused", () -> node.ingress.counters().sessions().refused() > refusedBefore);
            out.close();
            in.close();
        }
        final long id = honest.enqueue("1", 10);
        honest.poll("an answer", () -> honest.jobKeys.containsKey(id));
        assertThat(node.thrown.get()).isNull();
        assertThat(shard.jobIds).containsExactly("1");
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldTellAMalformedFrameOfAnOpenSession(boolean udp) {
        start(udp);
        final TestClient client = node.openClient();
        for (int n = 1; n <= 4; n++) {
            final long id = client.send(client.encodeEnqueue("1", 100) - n);
            client.poll("told", () -> client.errors.containsKey(id));
            assertThat(client.errors.get(id)).isEqualTo(RejectReason.MALFORMED_FRAME.code());
        }
        client.send(client.encodeEnqueue("1", 100) - 5);
        client.poll("thrown out", () -> client.disconnected == 1);
        assertThat(node.ingress.counters().sessions().closed(CloseReason.MALFORMED_FRAMES))
                .isEqualTo(1);
        assertThat(shard.jobIds).isEmpty();
    }

    /** The bytes of a good command with some of them changed, over sessions that are open. */
    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldSurviveDamagedCommandsOfOpenSessions(boolean udp) {
        start(udp);
        final TestClient honest = node.openClient();
        final TestClient broken = node.openClient();
        final long seed = 99;
        final Random random = new Random(seed);
        for (int n = 0; n < 400; n++) {
            broken.poll("a session", () -> broken.client.state() == ShardClient.State.OPEN);
            final int length = random.nextBoolean() ? broken.encodeEnqueue("7", 50) : broken.encodeGetJob("7");
            // Behind the message header and the command header, where the lengths are; and anywhere.
            for (int i = random.nextInt(3); i >= 0; i--) {
                broken.buffer().putByte(random.nextInt(length), (byte) random.nextInt());
            }
            final int cut = random.nextInt(4) == 0 ? random.nextInt(length) : length;
            broken.client.offer(broken.buffer(), 0, Math.max(cut, 16), TestNode.TIMEOUT_NS);
            broken.client.poll(64);
        }
        final long id = honest.enqueue("1", 10);
        honest.poll("an answer", () -> honest.jobKeys.containsKey(id));
        // The other session's frames travel by themselves: over UDP they may arrive after the honest one's.
        honest.poll("malformed frames", () -> node.ingress.counters().sessions().malformed() > 0);
        assertThat(node.thrown.get()).as("seed %d", seed).isNull();
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldTurnAwayAPublicationWithLargeTerms(boolean udp) {
        start(udp);
        final Subscription in = node.aeron.addSubscription(
                udp ? Channels.udpResponseSubscription(node.control) : Channels.ipcResponseSubscription(),
                Channels.responseStream(Channels.BASE_STREAM));
        final ExclusivePublication out = node.aeron.addExclusivePublication(
                (udp
                                ? Channels.udpRequest(node.endpoint, in.registrationId())
                                : Channels.ipcRequest(in.registrationId()))
                        .replace("term-length=" + Channels.TERM_LENGTH, "term-length=16m"),
                Channels.BASE_STREAM);
        TestNode.await("rejected", () -> node.ingress.counters().imagesRejected() > 0);
        assertThat(node.ingress.counters().sessions().open()).isZero();
        out.close();
        in.close();
    }
}
