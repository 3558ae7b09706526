package io.silo.protocol.session;

import io.silo.protocol.Session;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One client as the session logic sees it; a transport gives it a way out by extending it. Shard thread only.
 *
 * <pre>
 *   from            event                                               to
 *   AWAITING_HELLO  Hello with a good token and room                    OPEN
 *   AWAITING_HELLO  any other message, no room, silence, loss           CLOSED
 *   OPEN            CloseSession, loss, silence, malformed, too slow    CLOSED
 * </pre>
 */
public abstract class Connection {
    /** Where the conversation stands. */
    public enum State {
        /** Nothing but Hello is taken. */
        AWAITING_HELLO,
        /** Authenticated. */
        OPEN,
        /** Over; whatever still comes is thrown away. */
        CLOSED
    }

    private State state = State.AWAITING_HELLO;
    private @Nullable Session session;
    private @Nullable Grant grant;
    private @Nullable CloseReason closeReason;
    private long lastHeardNs;
    private int malformedFrames;

    protected Connection() {}

    /**
     * Takes a copy of a reply; never waits, never refuses. A transport whose bound is reached calls
     * {@link SessionGate#close} with {@link CloseReason#TOO_SLOW}.
     */
    protected abstract void sendReply(DirectBuffer buffer, int offset, int length);

    /** The gate has closed this connection: what is parked for it may still leave, then the transport frees it. */
    protected abstract void onClosed(CloseReason reason);

    /** Where the conversation stands. */
    public final State state() {
        return state;
    }

    /** The session once authenticated, else null. */
    public final @Nullable Session session() {
        return session;
    }

    /** Why it was closed, null while it is not. */
    public final @Nullable CloseReason closeReason() {
        return closeReason;
    }

    final @Nullable Grant grant() {
        return grant;
    }

    final void open(Session openedSession, Grant openedGrant) {
        state = State.OPEN;
        session = openedSession;
        grant = openedGrant;
    }

    final void close(CloseReason reason) {
        state = State.CLOSED;
        closeReason = reason;
    }

    final void heardAt(long nowNs) {
        lastHeardNs = nowNs;
    }

    final long lastHeardNs() {
        return lastHeardNs;
    }

    final int countMalformed() {
        return ++malformedFrames;
    }
}
