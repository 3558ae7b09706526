package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.SetPausedDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** What is paused goes on: in place of the pause it is resumed, which has the same answer. */
final class IgnoredPauses extends CommandBug {
    IgnoredPauses(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == SetPausedDecoder.TEMPLATE_ID) {
            int at = MessageHeaderDecoder.ENCODED_LENGTH + SetPausedDecoder.pausedEncodingOffset();
            command.putByte(at, (byte) 0);
        }
        return pass(session, command);
    }
}
