package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** Pushed tasks are pushed once more now and then. */
final class RepeatedGrants extends ReplyBug {
    private static final int PUSHES_PER_REPEAT = 5;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final TasksLeasedDecoder grant = new TasksLeasedDecoder();
    private int pushes;

    RepeatedGrants(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        pass(session, reply);
        boolean isPush = templateId == TasksLeasedDecoder.TEMPLATE_ID
                && grant.wrapAndApplyHeader(reply, 0, header).subscriptionId() != 0;
        if (isPush && ++pushes % PUSHES_PER_REPEAT == 0) {
            pass(session, reply);
        }
    }
}
