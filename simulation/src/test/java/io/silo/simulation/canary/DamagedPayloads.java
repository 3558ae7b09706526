package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.TasksLeasedDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** The last byte of granted tasks, which belongs to a payload if there is one, is another one now and then. */
final class DamagedPayloads extends ReplyBug {
    private static final int GRANTS_PER_DAMAGE = 10;
    private int grants;

    DamagedPayloads(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        if (templateId == TasksLeasedDecoder.TEMPLATE_ID && ++grants % GRANTS_PER_DAMAGE == 0) {
            int last = reply.capacity() - 1;
            reply.putByte(last, (byte) (reply.getByte(last) ^ 1));
        }
        pass(session, reply);
    }
}
