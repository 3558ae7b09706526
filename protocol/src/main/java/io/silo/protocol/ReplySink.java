package io.silo.protocol;

import org.agrona.DirectBuffer;

/** Where replies go. Called on the shard thread only. */
public interface ReplySink {
    /**
     * Takes a copy of a reply. Never refuses and never waits: what a slow client does not take is kept up to a bound per
     * session, behind which that session is dropped; replies to a session that is gone vanish.
     *
     * @param offset of the SBE message header.
     * @param length of header and message, at most {@link Bounds#MESSAGE_BYTES_MAX}.
     */
    void send(Session session, DirectBuffer buffer, int offset, int length);

    /**
     * Whether replies wait because the session does not take them: then it is no time to push more than it asks for. Does not
     * allocate.
     */
    default boolean isBehind(Session session) {
        return false;
    }

    /**
     * Moves on what slow clients did not take before; called once a duty cycle.
     *
     * @return work count.
     */
    default int flush() {
        return 0;
    }
}
