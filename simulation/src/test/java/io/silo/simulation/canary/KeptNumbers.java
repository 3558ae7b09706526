package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder.TasksDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A restarted job gets the number of the attempt that ended. */
final class KeptNumbers extends ReplyBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final TasksLeasedDecoder grant = new TasksLeasedDecoder();

    KeptNumbers(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        if (templateId == TasksLeasedDecoder.TEMPLATE_ID) {
            grant.wrapAndApplyHeader(reply, 0, header);
            TasksDecoder tasks = grant.tasks();
            while (tasks.hasNext()) {
                int attemptAt = grant.limit() + TasksDecoder.attemptEncodingOffset();
                tasks.next();
                if (tasks.relativeAttempt() == 1 && tasks.attempt() > 1) {
                    reply.putInt(attemptAt, (int) tasks.attempt() - 1, ByteOrder.LITTLE_ENDIAN);
                }
                tasks.sbeSkip();
            }
        }
        pass(session, reply);
    }
}
