package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** The credits that come with a report are lost: a subscription dries out while tasks are ready. */
final class SwallowedCredits extends CommandBug {
    SwallowedCredits(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == ReportOutcomeEncoder.TEMPLATE_ID) {
            int at = MessageHeaderEncoder.ENCODED_LENGTH + ReportOutcomeEncoder.creditsEncodingOffset();
            command.putInt(at, 0, ByteOrder.LITTLE_ENDIAN);
        }
        return pass(session, command);
    }
}
