package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import org.agrona.concurrent.UnsafeBuffer;

/** An exception swallowed in a handler: every so many commands are consumed and nothing happens. */
final class SwallowedCommands extends CommandBug {
    private static final int COMMANDS_PER_LOSS = 25;
    private int commands;

    SwallowedCommands(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        return ++commands % COMMANDS_PER_LOSS == 0 ? Disposition.CONSUMED : pass(session, command);
    }
}
