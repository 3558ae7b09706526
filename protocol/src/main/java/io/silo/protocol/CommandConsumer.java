package io.silo.protocol;

import org.agrona.DirectBuffer;

/** Takes commands off a {@link CommandSource}. Called on the shard thread only. */
public interface CommandConsumer {
    /** What became of a command. */
    enum Disposition {
        /** Decided, or refused with a reply: do not offer it again. */
        CONSUMED,
        /** No room to park a reply, nothing was decided: offer it again in a later duty cycle and deliver nothing behind it. */
        RETRY,
        /** The consumer failed and will close: deliver nothing more. */
        FAILED
    }

    /**
     * A whole message whose session is authenticated and whose header and schema id were checked. Must not throw: an
     * implementation catches everything and answers {@link Disposition#FAILED}.
     *
     * @param buffer valid during the call only.
     * @param offset of the SBE message header.
     * @param length of header and message, at most {@link Bounds#MESSAGE_BYTES_MAX}.
     */
    Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length);

    /**
     * The session ended. Its subscriptions and waiting calls are gone.
     *
     * @param explicit true if the client closed it, so that leases of its subscriptions are returned at once; false if it was
     *     lost, so that they run to their expiry.
     */
    void onSessionClosed(Session session, boolean explicit);
}
