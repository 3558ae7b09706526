package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.simulation.broker.SimParts;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A bug on the way of replies. What it keeps belongs to one sink of one life of the process, so that equal runs stay equal. */
abstract class ReplyBug implements ReplySink {
    /** Makes the bug of one sink. */
    interface Maker {
        ReplyBug make(ReplySink sink);
    }

    final ReplySink sink;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();

    ReplyBug(ReplySink sink) {
        this.sink = sink;
    }

    static SimParts parts(Maker bug) {
        return new SimParts() {
            @Override
            public ReplySink replies(ReplySink replies) {
                return bug.make(replies);
            }
        };
    }

    /** Passes a reply on, changed, elsewhere, twice or not at all; it may be changed in place. */
    abstract void reply(Session session, int templateId, UnsafeBuffer reply);

    final void pass(Session session, UnsafeBuffer reply) {
        sink.send(session, reply, 0, reply.capacity());
    }

    @Override
    public void send(Session session, DirectBuffer buffer, int offset, int length) {
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        UnsafeBuffer reply = new UnsafeBuffer(copy);
        reply(session, header.wrap(reply, 0).templateId(), reply);
    }

    @Override
    public int flush() {
        return sink.flush();
    }
}
