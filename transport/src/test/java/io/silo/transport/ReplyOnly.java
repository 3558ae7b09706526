package io.silo.transport;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.EnqueueReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Accepts every Enqueue of one item without looking into it, and without allocating. */
final class ReplyOnly implements CommandConsumer {
    private final AeronReplySink sink;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder enqueue = new EnqueueDecoder();
    private final MessageHeaderEncoder replyHeader = new MessageHeaderEncoder();
    private final EnqueueReplyEncoder reply = new EnqueueReplyEncoder();
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[256]);

    ReplyOnly(AeronReplySink sink) {
        this.sink = sink;
    }

    @Override
    public Disposition onCommand(Session session, DirectBuffer command, int offset, int length) {
        enqueue.wrapAndApplyHeader(command, offset, header);
        reply.wrapAndApplyHeader(buffer, 0, replyHeader);
        reply.header()
                .correlationId(enqueue.header().correlationId())
                .position(1)
                .shardEpoch(1)
                .shard(0)
                .code(0)
                .durability(Durability.APPENDED);
        reply.resultsCount(1).next().jobKey(1).code(0);
        sink.send(session, buffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + reply.encodedLength());
        return Disposition.CONSUMED;
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        // Nothing is kept of a session.
    }
}
