package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.BulkChangeDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** A dry run changes what it should only count. */
final class WetRuns extends CommandBug {
    WetRuns(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == BulkChangeDecoder.TEMPLATE_ID) {
            int at = MessageHeaderDecoder.ENCODED_LENGTH + BulkChangeDecoder.dryRunEncodingOffset();
            command.putByte(at, (byte) 0);
        }
        return pass(session, command);
    }
}
