package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.simulation.broker.SimParts;
import java.util.function.UnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A bug between the session logic and the agent. What it keeps belongs to one life of the process, so that equal runs stay equal. */
abstract class CommandBug implements CommandConsumer {
    private final CommandConsumer agent;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();

    CommandBug(CommandConsumer agent) {
        this.agent = agent;
    }

    static SimParts parts(UnaryOperator<CommandConsumer> bug) {
        return new SimParts() {
            @Override
            public CommandConsumer consumer(CommandConsumer consumer) {
                return bug.apply(consumer);
            }
        };
    }

    /** Passes a command on, changed in place or not at all. */
    abstract Disposition command(Session session, int templateId, UnsafeBuffer command);

    final Disposition pass(Session session, UnsafeBuffer command) {
        return agent.onCommand(session, command, 0, command.capacity());
    }

    @Override
    public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        UnsafeBuffer command = new UnsafeBuffer(copy);
        return command(session, header.wrap(command, 0).templateId(), command);
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        agent.onSessionClosed(session, explicit);
    }
}
