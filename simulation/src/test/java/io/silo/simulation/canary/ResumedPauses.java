package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.ResumeSchedulesEncoder;
import org.agrona.concurrent.UnsafeBuffer;

/** A schedule that is paused goes on: in place of the pause it is resumed, which has one layout and one answer with it. */
final class ResumedPauses extends CommandBug {
    ResumedPauses(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == PauseSchedulesEncoder.TEMPLATE_ID) {
            new MessageHeaderEncoder().wrap(command, 0).templateId(ResumeSchedulesEncoder.TEMPLATE_ID);
        }
        return pass(session, command);
    }
}
