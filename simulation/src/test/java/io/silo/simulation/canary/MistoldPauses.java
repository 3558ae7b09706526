package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.PauseKind;
import io.silo.protocol.reply.PausesReplyDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** The list of what is paused calls the first tenant in it a task group. */
final class MistoldPauses extends ReplyBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final PausesReplyDecoder pauses = new PausesReplyDecoder();

    MistoldPauses(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        if (templateId == PausesReplyDecoder.TEMPLATE_ID) {
            pauses.wrapAndApplyHeader(reply, 0, header);
            for (PausesReplyDecoder.PausesDecoder pause : pauses.pauses()) {
                int at = pauses.limit() - PausesReplyDecoder.PausesDecoder.sbeBlockLength();
                if (pause.kindRaw() == PauseKind.TENANT.value()) {
                    reply.putByte(at, (byte) PauseKind.TASK_GROUP.value());
                    break;
                }
                pause.skipName();
            }
        }
        pass(session, reply);
    }
}
