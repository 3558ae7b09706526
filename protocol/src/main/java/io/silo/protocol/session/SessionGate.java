package io.silo.protocol.session;

import io.silo.protocol.Bounds;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandConsumer.Disposition;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.CloseSessionDecoder;
import io.silo.protocol.command.HelloDecoder;
import io.silo.protocol.command.KeepAliveDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.ErrorReplyEncoder;
import io.silo.protocol.reply.HelloReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.protocol.reply.ReplyHeaderEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the connections of one shard thread and its consumer: only well-formed commands of authenticated sessions,
 * inside the scope of their token, pass. Knows no transport. Shard thread only; a message that passes allocates nothing.
 *
 * <p>A second Hello on an open session asks for the shard map again; it must carry a good token too, and changes no rights.
 */
public final class SessionGate {
    /** Version of the conversation, in Hello. */
    public static final int PROTOCOL_VERSION = 1;

    /** Shard number of replies that speak for the whole thread. */
    public static final int SHARD_THREAD = -1;

    private static final int SHARDS_MAX = 1_024;

    // The time-out is judged this many times in its length: late by an eighth at most, and cheap.
    private static final int TIMEOUT_CHECKS = 8;

    private static final long NULL_POSITION = -1;

    private final FrameCheck frameCheck = FrameCheck.ofCommands();
    private final SessionLimits limits;
    private final TokenTable tokens;
    private final ServerHello hello;
    private final SessionCounters counters = new SessionCounters();

    private final ArrayList<Connection> connections = new ArrayList<>();
    private final Long2ObjectHashMap<Connection> openBySessionId = new Long2ObjectHashMap<>();
    private final ArrayList<Connection> endedSessions = new ArrayList<>();
    private long nextSessionId;
    private long nextTimeoutCheckNs;
    private long listenedNs;

    private final HelloDecoder helloDecoder = new HelloDecoder();
    private final MessageHeaderDecoder commandHeader = new MessageHeaderDecoder();
    private final MessageHeaderEncoder replyHeader = new MessageHeaderEncoder();
    private final HelloReplyEncoder helloReply = new HelloReplyEncoder();
    private final ErrorReplyEncoder errorReply = new ErrorReplyEncoder();
    private final UnsafeBuffer replyBuffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);

    /**
     * @param thread number of the shard thread, from 0; makes session ids unique in the process.
     * @param nowNs monotonic time of the shard thread.
     */
    public SessionGate(int thread, SessionLimits limits, TokenTable tokens, ServerHello hello, long nowNs) {
        this.limits = limits;
        this.tokens = tokens;
        this.hello = hello;
        this.nextSessionId = (thread + 1L) << 40;
        this.nextTimeoutCheckNs = nowNs;
        this.listenedNs = nowNs;
    }

    /** What happened so far; readable from any thread. */
    public SessionCounters counters() {
        return counters;
    }

    /** Connections that are not closed. */
    public int connectionCount() {
        return connections.size();
    }

    /** The connection of an open session, or null when it is gone. Does not allocate. */
    public @Nullable Connection connection(Session session) {
        return openBySessionId.get(session.id());
    }

    /** A client appeared; it has the session time-out to say Hello. The transport bounds how many there are. */
    public void onConnected(Connection connection, long nowNs) {
        connection.heardAt(nowNs);
        connections.add(connection);
    }

    /**
     * Takes one whole message of any bytes.
     *
     * @return what the transport is to do with it; {@link Disposition#CONSUMED} too for messages that were refused, answered
     *     here or thrown away.
     */
    public Disposition onMessage(
            Connection connection, DirectBuffer buffer, int offset, int length, CommandConsumer consumer, long nowNs) {
        if (connection.state() == Connection.State.CLOSED) {
            return Disposition.CONSUMED;
        }
        connection.heardAt(nowNs);
        final RejectReason refused = frameCheck.judge(buffer, offset, length);
        if (refused != null) {
            onRefusedFrame(connection, frameCheck.correlationId(buffer, offset, length), refused);
            return Disposition.CONSUMED;
        }
        final int templateId = FrameCheck.templateId(buffer, offset);
        if (templateId == HelloDecoder.TEMPLATE_ID) {
            onHello(connection, buffer, offset);
            return Disposition.CONSUMED;
        }
        final Session session = connection.session();
        final Grant grant = connection.grant();
        if (session == null || grant == null) {
            refuseAndClose(
                    connection,
                    frameCheck.correlationId(buffer, offset, length),
                    RejectReason.UNAUTHENTICATED,
                    CloseReason.UNAUTHENTICATED);
            return Disposition.CONSUMED;
        }
        if (templateId == KeepAliveDecoder.TEMPLATE_ID) {
            return Disposition.CONSUMED;
        }
        if (templateId == CloseSessionDecoder.TEMPLATE_ID) {
            close(connection, CloseReason.CLOSED_BY_CLIENT);
            return Disposition.CONSUMED;
        }
        if (!grant.allows(templateId)) {
            counters.denied++;
            sendError(connection, frameCheck.correlationId(buffer, offset, length), RejectReason.PERMISSION_DENIED);
            return Disposition.CONSUMED;
        }
        return consumer.onCommand(session, buffer, offset, length);
    }

    /**
     * Ends a connection; a second call does nothing. The consumer learns of it in the next {@link #notifyEnded}, so this may be
     * called while the consumer is at work.
     */
    public void close(Connection connection, CloseReason reason) {
        if (connection.state() == Connection.State.CLOSED) {
            return;
        }
        counters.closedBy[reason.ordinal()]++;
        connection.close(reason);
        connections.remove(connection);
        final Session session = connection.session();
        if (session == null) {
            counters.refused++;
        } else {
            openBySessionId.remove(session.id());
            endedSessions.add(connection);
            counters.open = openBySessionId.size();
        }
        connection.onClosed(reason);
    }

    /** Tells the consumer of sessions that ended since the last call. Returns how many. */
    public int notifyEnded(CommandConsumer consumer) {
        int ended = 0;
        while (!endedSessions.isEmpty()) {
            // Removed before the call: a consumer that throws is not told of the same session again.
            final Connection connection = endedSessions.remove(0);
            final Session session = connection.session();
            if (session != null) {
                consumer.onSessionClosed(session, connection.closeReason() == CloseReason.CLOSED_BY_CLIENT);
                ended++;
            }
        }
        return ended;
    }

    /**
     * Closes connections that were silent for too long. Cheap, and to be called in every duty cycle: what passes between two calls
     * beyond an eighth of the time-out, in a slow sync say, the thread did not listen, and nobody is silent for it.
     *
     * @return how many it closed.
     */
    public int checkTimeouts(long nowNs) {
        final long deafNs = nowNs - listenedNs;
        listenedNs = nowNs;
        if (deafNs > limits.sessionTimeoutNs() / TIMEOUT_CHECKS) {
            for (int i = 0; i < connections.size(); i++) {
                final Connection connection = connections.get(i);
                connection.heardAt(Math.min(nowNs, connection.lastHeardNs() + deafNs));
            }
        }
        if (nowNs - nextTimeoutCheckNs < 0) {
            return 0;
        }
        nextTimeoutCheckNs = nowNs + limits.sessionTimeoutNs() / TIMEOUT_CHECKS;
        int closed = 0;
        for (int i = connections.size() - 1; i >= 0; i--) {
            final Connection connection = connections.get(i);
            if (nowNs - connection.lastHeardNs() > limits.sessionTimeoutNs()) {
                close(connection, CloseReason.SILENT);
                closed++;
            }
        }
        return closed;
    }

    private void onRefusedFrame(Connection connection, long correlationId, RejectReason reason) {
        counters.malformed++;
        if (connection.state() == Connection.State.AWAITING_HELLO) {
            refuseAndClose(connection, correlationId, reason, CloseReason.UNAUTHENTICATED);
            return;
        }
        sendError(connection, correlationId, reason);
        // A newer client that tries commands this server does not have is no offender.
        if (reason == RejectReason.MALFORMED_FRAME && connection.countMalformed() > limits.malformedFramesMax()) {
            close(connection, CloseReason.MALFORMED_FRAMES);
        }
    }

    private void onHello(Connection connection, DirectBuffer buffer, int offset) {
        helloDecoder.wrapAndApplyHeader(buffer, offset, commandHeader);
        final long correlationId = helloDecoder.header().correlationId();
        if (helloDecoder.protocolVersion() != PROTOCOL_VERSION) {
            refuseAndClose(connection, correlationId, RejectReason.UNSUPPORTED, CloseReason.UNSUPPORTED);
            return;
        }
        final int tokenLength = helloDecoder.tokenLength();
        final Grant grant =
                tokens.authenticate(buffer, helloDecoder.limit() + HelloDecoder.tokenHeaderLength(), tokenLength);
        if (grant == null) {
            refuseAndClose(connection, correlationId, RejectReason.UNAUTHENTICATED, CloseReason.UNAUTHENTICATED);
            return;
        }
        Session session = connection.session();
        if (session == null) {
            if (openBySessionId.size() >= limits.sessionsMax()) {
                refuseAndClose(
                        connection, correlationId, RejectReason.TOO_MANY_SESSIONS, CloseReason.TOO_MANY_SESSIONS);
                return;
            }
            session = new Session(++nextSessionId, grant.tenantScope());
            connection.open(session, grant);
            openBySessionId.put(session.id(), connection);
            counters.opened++;
            counters.open = openBySessionId.size();
        }
        sendHelloReply(connection, correlationId, session);
    }

    private void sendHelloReply(Connection connection, long correlationId, Session session) {
        final List<ShardRoute> routes = hello.routes().get();
        if (routes.size() > SHARDS_MAX) {
            throw new IllegalStateException(
                    "Expected at most " + SHARDS_MAX + " shards, but the node has " + routes.size());
        }
        helloReply.wrapAndApplyHeader(replyBuffer, 0, replyHeader);
        fillHeader(helloReply.header(), correlationId, RejectReason.OK);
        helloReply
                .sessionId(session.id())
                .sessionTimeoutMs(TimeUnit.NANOSECONDS.toMillis(limits.sessionTimeoutNs()))
                .leaseMs(hello.leaseMs())
                .inlineBytesMax(hello.inlineBytesMax())
                .payloadBytesMax(hello.payloadBytesMax());
        final HelloReplyEncoder.ShardsEncoder shards = helloReply.shardsCount(routes.size());
        for (final ShardRoute route : routes) {
            shards.next()
                    .shard(route.shard())
                    .thread(route.thread())
                    .rangeFirst(route.rangeFirst())
                    .rangeLast(route.rangeLast())
                    .shardEpoch(route.shardEpoch())
                    .idHigh(route.idHigh())
                    .idLow(route.idLow());
        }
        helloReply.serverVersion(hello.serverVersion());
        connection.sendReply(replyBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + helloReply.encodedLength());
    }

    private void refuseAndClose(
            Connection connection, long correlationId, RejectReason reason, CloseReason closeReason) {
        sendError(connection, correlationId, reason);
        close(connection, closeReason);
    }

    private void sendError(Connection connection, long correlationId, RejectReason reason) {
        errorReply.wrapAndApplyHeader(replyBuffer, 0, replyHeader);
        fillHeader(errorReply.header(), correlationId, reason.code());
        errorReply.retryAfterMs(0).message(reason.sentence());
        connection.sendReply(replyBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + errorReply.encodedLength());
    }

    private static void fillHeader(ReplyHeaderEncoder header, long correlationId, int code) {
        header.correlationId(correlationId)
                .position(NULL_POSITION)
                .shardEpoch(0)
                .shard(SHARD_THREAD)
                .code(code)
                .durability(Durability.DURABLE);
    }
}
