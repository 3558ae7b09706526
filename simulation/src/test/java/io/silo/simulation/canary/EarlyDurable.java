package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.ReplyHeaderEncoder;
import org.agrona.concurrent.UnsafeBuffer;

/** Replies claim that what was only appended is durable. */
final class EarlyDurable extends ReplyBug {
    private final ReplyHeaderDecoder decoder = new ReplyHeaderDecoder();
    private final ReplyHeaderEncoder encoder = new ReplyHeaderEncoder();

    EarlyDurable(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        decoder.wrap(reply, MessageHeaderDecoder.ENCODED_LENGTH);
        if (decoder.durability() == Durability.APPENDED) {
            encoder.wrap(reply, MessageHeaderDecoder.ENCODED_LENGTH).durability(Durability.DURABLE);
        }
        pass(session, reply);
    }
}
