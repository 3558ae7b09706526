package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.simulation.broker.SimParts;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A scan that begins anew counts again what was changed before: after a restart totals are twice what they are. */
final class RecountedBulks extends SimParts {
    private int lives;

    @Override
    public ReplySink replies(ReplySink replies) {
        return ++lives == 1 ? replies : new Recounted(replies);
    }

    private static final class Recounted extends ReplyBug {
        private final MessageHeaderDecoder header = new MessageHeaderDecoder();
        private final BulkReplyDecoder bulk = new BulkReplyDecoder();

        Recounted(ReplySink sink) {
            super(sink);
        }

        @Override
        void reply(Session session, int templateId, UnsafeBuffer reply) {
            if (templateId == BulkReplyDecoder.TEMPLATE_ID) {
                bulk.wrapAndApplyHeader(reply, 0, header);
                int at = MessageHeaderDecoder.ENCODED_LENGTH + BulkReplyDecoder.changedEncodingOffset();
                reply.putLong(at, 2 * bulk.changed(), ByteOrder.LITTLE_ENDIAN);
            }
            pass(session, reply);
        }
    }
}
