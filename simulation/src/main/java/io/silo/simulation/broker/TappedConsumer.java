package io.silo.simulation.broker;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Stands between the session logic and the agent and tells the taps what each command led to. */
final class TappedConsumer implements CommandConsumer {
    private final SimProcess process;
    private final CommandConsumer agent;
    private final CommandHeaderDecoder header = new CommandHeaderDecoder();

    TappedConsumer(SimProcess process, CommandConsumer agent) {
        this.process = process;
        this.agent = agent;
    }

    @Override
    public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
        // What was appended since by timers and grants is no consequence of this command.
        process.tapInternalEvents();
        Disposition disposition = agent.onCommand(session, buffer, offset, length);
        if (!process.isDead()) {
            header.wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH);
            process.tapCommand(header.shard(), session, buffer, offset, length, disposition == Disposition.CONSUMED);
            if (disposition == Disposition.RETRY) {
                process.tapPutOff();
            }
        }
        return disposition;
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        process.tapInternalEvents();
        agent.onSessionClosed(session, explicit);
        process.tapSessionClosed(session, explicit);
        process.tapInternalEvents();
    }
}
