package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.EnqueueReplyDecoder.ResultsDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** The first two results of a batch of jobs change places. */
final class SwappedResults extends ReplyBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueReplyDecoder enqueue = new EnqueueReplyDecoder();

    SwappedResults(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        if (templateId == EnqueueReplyDecoder.TEMPLATE_ID) {
            int count = enqueue.wrapAndApplyHeader(reply, 0, header).results().count();
            if (count >= 2) {
                int length = ResultsDecoder.sbeBlockLength();
                byte[] first = new byte[length];
                reply.getBytes(enqueue.limit(), first);
                reply.putBytes(enqueue.limit(), reply, enqueue.limit() + length, length);
                reply.putBytes(enqueue.limit() + length, first);
            }
        }
        pass(session, reply);
    }
}
