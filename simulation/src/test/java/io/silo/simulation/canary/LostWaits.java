package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** A lost wake-up: a call that would wait for a task is forgotten now and then. */
final class LostWaits extends CommandBug {
    private static final int WAITS_PER_LOSS = 5;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LeaseTasksDecoder call = new LeaseTasksDecoder();
    private int waits;

    LostWaits(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        boolean isWait = templateId == LeaseTasksDecoder.TEMPLATE_ID
                && call.wrapAndApplyHeader(command, 0, header).waitMs() > 0;
        return isWait && ++waits % WAITS_PER_LOSS == 0 ? Disposition.CONSUMED : pass(session, command);
    }
}
