package io.silo.transport;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import org.agrona.DirectBuffer;

/** Replies of one shard thread, onto the response channels of its {@link AeronIngress}. Shard thread only. */
public final class AeronReplySink implements ReplySink {
    private final AeronIngress ingress;

    AeronReplySink(AeronIngress ingress) {
        this.ingress = ingress;
    }

    /** Does not allocate while the client keeps up. A session that leaves too much unread ends in the next poll. */
    @Override
    public void send(Session session, DirectBuffer buffer, int offset, int length) {
        ingress.send(session, buffer, offset, length);
    }

    @Override
    public boolean isBehind(Session session) {
        return ingress.isBehind(session);
    }

    /** Sends what could not leave before. Call it once a duty cycle. Returns a work count. */
    @Override
    public int flush() {
        return ingress.flush();
    }
}
