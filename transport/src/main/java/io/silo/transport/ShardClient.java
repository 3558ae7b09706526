package io.silo.transport;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.ImageControlledFragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.ControlledFragmentHandler.Action;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CloseSessionEncoder;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.HelloEncoder;
import io.silo.protocol.command.KeepAliveEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.session.SessionGate;
import org.agrona.DirectBuffer;
import org.agrona.LangUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The raw client of one shard thread, for people who count nanoseconds: encode with the generated encoders, offer, poll. One
 * thread uses it. In steady state nothing allocates; nothing waits but {@link #awaitOpen}.
 *
 * <pre>
 *   from           event                              to
 *   DISCONNECTED   delay over                         CONNECTING      asks the driver for both streams
 *   CONNECTING     both streams connected, Hello sent AWAITING_HELLO
 *   AWAITING_HELLO HelloReply                         OPEN
 *   AWAITING_HELLO refused: transient / for good      DISCONNECTED / REFUSED
 *   any of these   lost, or over the time-out         DISCONNECTED    what was in flight has an unknown outcome
 *   any            close()                            CLOSED
 * </pre>
 */
public final class ShardClient implements AutoCloseable {
    /** Where the session stands. */
    public enum State {
        DISCONNECTED,
        CONNECTING,
        AWAITING_HELLO,
        OPEN,
        REFUSED,
        CLOSED
    }

    /** The stream is full, or as many commands as the window holds are in flight: poll, then offer again. */
    public static final long BACK_PRESSURED = -2;

    /** No session is open: poll until it is. The command was not sent. */
    public static final long NOT_CONNECTED = -1;

    // The time-outs of commands are judged every 10 ms: late by that at most, and a scan of the window is a few
    // microseconds.
    private static final long TIMEOUT_CHECK_INTERVAL_NS = 10_000_000;

    private static final int OFFER_ATTEMPTS = 3;
    private static final int CORRELATION_ID_OFFSET =
            MessageHeaderEncoder.ENCODED_LENGTH + CommandHeaderEncoder.correlationIdEncodingOffset();

    private static final long NULL_ID = Aeron.NULL_VALUE;

    private final ShardClientContext context;
    private final ReplyDispatcher dispatcher;
    private final ReplyHandler handler;
    private final InFlight inFlight;
    private final int requestStream;
    private final UnsafeBuffer sessionBuffer;
    private final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();
    private final HelloEncoder hello = new HelloEncoder();
    private final KeepAliveEncoder keepAlive = new KeepAliveEncoder();
    private final CloseSessionEncoder closeSession = new CloseSessionEncoder();

    private Aeron aeron;
    private State state = State.DISCONNECTED;
    private long subscriptionId = NULL_ID;
    private long publicationId = NULL_ID;
    private @Nullable Subscription subscription;
    private @Nullable ExclusivePublication publication;
    private @Nullable Image image;
    private ImageControlledFragmentAssembler assembler;
    private long helloCorrelationId;
    private long nextAttemptNs;
    private long reconnectDelayNs;
    private long attemptDeadlineNs;
    private long lastSentNs;
    private long nextTimeoutCheckNs;
    private @Nullable RejectReason refusedBy;
    private @Nullable Throwable failure;
    private boolean closeRequested;

    /**
     * Makes a client that connects as it is polled.
     *
     * @param aeron shared with others; not closed here.
     * @param handler called by {@link #poll}, and by {@link #close} for what was in flight.
     */
    public ShardClient(Aeron aeron, ShardClientContext context, ReplyHandler handler) {
        this.aeron = aeron;
        this.context = context;
        this.handler = handler;
        this.dispatcher = new ReplyDispatcher(handler);
        this.inFlight = new InFlight(context.windowMax);
        this.requestStream = Channels.ingressStream(context.baseStream, context.thread);
        this.sessionBuffer = new UnsafeBuffer(new byte[context.helloLengthMax()]);
        this.assembler = new ImageControlledFragmentAssembler(
                (buffer, offset, length, header) -> onMessage(buffer, offset, length));
        this.reconnectDelayNs = context.reconnectDelayNs;
        this.nextAttemptNs = context.clock.nanoTime();
        this.nextTimeoutCheckNs = nextAttemptNs;
    }

    /** Where the session stands. */
    public State state() {
        return state;
    }

    /** Why the server refused the last Hello; null if it did not. */
    public @Nullable RejectReason refusedBy() {
        return refusedBy;
    }

    /** Shard thread this client speaks to. */
    public int thread() {
        return context.thread;
    }

    /** Commands without an answer. */
    public int inFlightCount() {
        return inFlight.size();
    }

    /** Whether the Aeron client under it is gone; give it another by {@link #attach}. */
    public boolean isLost() {
        return aeron.isClosed();
    }

    /** Goes on with a new Aeron client. What was in flight has an unknown outcome. */
    public void attach(Aeron newAeron) {
        final boolean ended = state == State.CLOSED || state == State.REFUSED;
        if (!ended) {
            disconnect();
        }
        aeron = newAeron;
        nextAttemptNs = context.clock.nanoTime();
    }

    /**
     * Sends a command that lies encoded in a buffer; writes its correlation id into it.
     *
     * @param offset of the SBE message header; the command header follows the message header.
     * @param length of header and message, at most {@link Bounds#MESSAGE_BYTES_MAX}.
     * @param timeoutNs after which {@link ReplyHandler#onUnknownOutcome} is called, above 0.
     * @return the correlation id, above 0; {@link #BACK_PRESSURED} or {@link #NOT_CONNECTED} if nothing was sent.
     */
    public long offer(MutableDirectBuffer buffer, int offset, int length, long timeoutNs) {
        if (state != State.OPEN) {
            return NOT_CONNECTED;
        }
        final long correlationId = inFlight.next();
        if (correlationId == InFlight.NONE) {
            return BACK_PRESSURED;
        }
        buffer.putLong(offset + CORRELATION_ID_OFFSET, correlationId, LITTLE_ENDIAN);
        final long result = send(buffer, offset, length);
        if (result <= 0) {
            return result;
        }
        lastSentNs = context.clock.nanoTime();
        inFlight.add(correlationId, lastSentNs + timeoutNs);
        return correlationId;
    }

    /** Asks for the shard map again; it comes as {@link ReplyHandler#onConnected}. False when it could not be sent now. */
    public boolean refreshShards() {
        return state == State.OPEN && sendHello();
    }

    /**
     * Connects, keeps alive, delivers replies, gives up on commands over their time.
     *
     * @param limit upper bound on fragments taken: a reply over 8 KiB has several.
     * @return work count.
     */
    public int poll(int limit) {
        if (state == State.CLOSED || state == State.REFUSED) {
            return 0;
        }
        final long nowNs = context.clock.nanoTime();
        if (aeron.isClosed()) {
            if (state != State.DISCONNECTED) {
                disconnect();
                return 1;
            }
            return 0;
        }
        // First what is there: the reason of a refusal lies before the end of its stream.
        int workCount = pollReplies(limit);
        try {
            workCount += advance(nowNs);
        } catch (AeronException e) {
            // The driver refused a stream, or did not answer: the next attempt starts from nothing.
            disconnect();
            workCount++;
        }
        if (nowNs - nextTimeoutCheckNs >= 0) {
            nextTimeoutCheckNs = nowNs + TIMEOUT_CHECK_INTERVAL_NS;
            workCount += giveUpExpired(nowNs);
        }
        return workCount;
    }

    /**
     * Polls until the session is open; for tests, tools and start-up.
     *
     * @return whether it is; false after the time-out, or when refused.
     */
    public boolean awaitOpen(long timeoutNs, IdleStrategy idle) {
        final long deadlineNs = context.clock.nanoTime() + timeoutNs;
        while (state != State.OPEN && state != State.REFUSED && state != State.CLOSED) {
            if (context.clock.nanoTime() - deadlineNs > 0) {
                return false;
            }
            idle.idle(poll(1));
        }
        return state == State.OPEN;
    }

    /** Gives the session up and makes a new one, because it does not answer. What was in flight has an unknown outcome. */
    public void reconnect() {
        if (state != State.CLOSED && state != State.REFUSED) {
            disconnect();
        }
    }

    /** Closes the session: the server returns the leases of its subscriptions at once. */
    @Override
    public void close() {
        if (state == State.CLOSED) {
            return;
        }
        if (state == State.OPEN && !aeron.isClosed()) {
            closeSession.wrapAndApplyHeader(sessionBuffer, 0, messageHeader);
            fillHeader(closeSession.header(), 0);
            // Best effort: if it does not fit, the server's time-out does the same, later.
            send(sessionBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + closeSession.encodedLength());
        }
        closeRequested = true;
        disconnect();
        state = State.CLOSED;
    }

    private int advance(long nowNs) {
        switch (state) {
            case DISCONNECTED -> {
                if (nowNs - nextAttemptNs < 0) {
                    return 0;
                }
                subscriptionId =
                        aeron.asyncAddSubscription(context.responseChannel(), Channels.responseStream(requestStream));
                attemptDeadlineNs = nowNs + context.connectTimeoutNs;
                state = State.CONNECTING;
                return 1;
            }
            case CONNECTING -> {
                return connect() ? 1 : giveUpAttempt(nowNs);
            }
            case AWAITING_HELLO -> {
                return giveUpAttempt(nowNs) + checkConnection();
            }
            case OPEN -> {
                if (nowNs - lastSentNs > context.keepAliveIntervalNs) {
                    sendKeepAlive(nowNs);
                }
                return checkConnection();
            }
            default -> {
                return 0;
            }
        }
    }

    private boolean connect() {
        if (subscription == null) {
            subscription = aeron.getSubscription(subscriptionId);
            if (subscription == null) {
                return false;
            }
            publicationId = aeron.asyncAddExclusivePublication(
                    context.requestChannel(subscription.registrationId()), requestStream);
            return true;
        }
        if (publication == null) {
            publication = aeron.getExclusivePublication(publicationId);
            return publication != null;
        }
        if (publication.isConnected() && sendHello()) {
            state = State.AWAITING_HELLO;
            return true;
        }
        return false;
    }

    private int giveUpAttempt(long nowNs) {
        if (nowNs - attemptDeadlineNs < 0) {
            return 0;
        }
        disconnect();
        return 1;
    }

    /** Notices that either direction is gone. */
    private int checkConnection() {
        final ExclusivePublication out = publication;
        final Image in = image;
        if (out == null || !out.isConnected() || in != null && in.isClosed()) {
            disconnect();
            return 1;
        }
        return 0;
    }

    private int pollReplies(int limit) {
        final Subscription in = subscription;
        if (in == null) {
            return 0;
        }
        if (image == null) {
            if (in.imageCount() == 0) {
                return 0;
            }
            image = in.imageAtIndex(0);
        }
        final Image current = image;
        final int fragments = current.controlledPoll(assembler, limit);
        final Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            LangUtil.rethrowUnchecked(thrown);
        }
        return fragments;
    }

    /** Called by Aeron, which would swallow what is thrown together with the fragment: poll rethrows it. */
    private Action onMessage(DirectBuffer buffer, int offset, int length) {
        try {
            if (!dispatcher.accept(buffer, offset, length)) {
                return Action.CONTINUE;
            }
            final long correlationId = dispatcher.correlationId();
            if (dispatcher.isHelloReply()) {
                onHelloReply(correlationId);
            } else if (correlationId == helloCorrelationId && state == State.AWAITING_HELLO) {
                onHelloRefused(dispatcher.code());
            } else if (dispatcher.isPush() || inFlight.remove(correlationId)) {
                dispatcher.dispatch();
            }
            // A message behind one that ended the session belongs to nobody.
            return state == State.OPEN || state == State.AWAITING_HELLO ? Action.CONTINUE : Action.BREAK;
        } catch (Throwable t) { // a bug of the handler, or a reply this client cannot decode
            failure = t;
            return Action.BREAK;
        }
    }

    private void onHelloReply(long correlationId) {
        if (correlationId != helloCorrelationId) {
            return;
        }
        state = State.OPEN;
        refusedBy = null;
        reconnectDelayNs = context.reconnectDelayNs;
        dispatcher.dispatch();
    }

    private void onHelloRefused(int code) {
        final RejectReason reason = RejectReason.fromCode(code);
        refusedBy = reason;
        final boolean again = reason != null && reason.isTransient();
        disconnect();
        if (!again) {
            state = State.REFUSED;
            handler.onRefused(reason == null ? RejectReason.UNSUPPORTED : reason);
        }
    }

    private int giveUpExpired(long nowNs) {
        int givenUp = 0;
        for (int slot = 0; slot < inFlight.capacity() && inFlight.size() > 0; slot++) {
            if (inFlight.isExpired(slot, nowNs)) {
                giveUp(slot);
                givenUp++;
            }
        }
        return givenUp;
    }

    private void giveUp(int slot) {
        final long correlationId = inFlight.at(slot);
        if (inFlight.remove(correlationId)) {
            handler.onUnknownOutcome(correlationId);
        }
    }

    private void disconnect() {
        final State before = state;
        state = State.DISCONNECTED;
        freeStreams();
        // Half to the whole of the delay, so that clients of a restarted server do not come all at once.
        final long nowNs = context.clock.nanoTime();
        nextAttemptNs = nowNs + reconnectDelayNs / 2 + Math.floorMod(nowNs, reconnectDelayNs / 2 + 1);
        reconnectDelayNs = Math.min(context.reconnectDelayMaxNs, reconnectDelayNs * 2);
        for (int slot = 0; slot < inFlight.capacity() && inFlight.size() > 0; slot++) {
            giveUp(slot);
        }
        if (before == State.OPEN && !closeRequested) {
            handler.onDisconnected();
        }
    }

    private void freeStreams() {
        if (!aeron.isClosed()) {
            if (publication != null) {
                publication.close();
            } else if (publicationId != NULL_ID) {
                aeron.asyncRemovePublication(publicationId);
            }
            if (subscription != null) {
                subscription.close();
            } else if (subscriptionId != NULL_ID) {
                aeron.asyncRemoveSubscription(subscriptionId);
            }
        }
        publication = null;
        publicationId = NULL_ID;
        subscription = null;
        subscriptionId = NULL_ID;
        image = null;
        // Half a message of the lost session must not join the first of the next.
        assembler = new ImageControlledFragmentAssembler(assembler.delegate());
    }

    private boolean sendHello() {
        hello.wrapAndApplyHeader(sessionBuffer, 0, messageHeader);
        // Not in the window: negative, so that it cannot meet an id of a command.
        helloCorrelationId = helloCorrelationId < 0 ? helloCorrelationId - 1 : -1;
        fillHeader(hello.header(), helloCorrelationId);
        hello.protocolVersion(SessionGate.PROTOCOL_VERSION)
                .putToken(context.token, 0, context.token.length)
                .putClientName(context.clientName, 0, context.clientName.length);
        if (send(sessionBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + hello.encodedLength()) <= 0) {
            return false;
        }
        lastSentNs = context.clock.nanoTime();
        return true;
    }

    private void sendKeepAlive(long nowNs) {
        keepAlive.wrapAndApplyHeader(sessionBuffer, 0, messageHeader);
        fillHeader(keepAlive.header(), 0);
        if (send(sessionBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + keepAlive.encodedLength()) > 0) {
            lastSentNs = nowNs;
        }
    }

    private static void fillHeader(CommandHeaderEncoder header, long correlationId) {
        header.correlationId(correlationId)
                .shardEpoch(0)
                .shard(SessionGate.SHARD_THREAD)
                .durability(Durability.DURABLE);
    }

    private long send(DirectBuffer buffer, int offset, int length) {
        final ExclusivePublication out = publication;
        if (out == null) {
            return NOT_CONNECTED;
        }
        long result = out.offer(buffer, offset, length);
        for (int i = 1; i < OFFER_ATTEMPTS && result == Publication.ADMIN_ACTION; i++) {
            result = out.offer(buffer, offset, length);
        }
        if (result > 0) {
            return result;
        }
        return result == Publication.BACK_PRESSURED || result == Publication.ADMIN_ACTION
                ? BACK_PRESSURED
                : NOT_CONNECTED;
    }
}
