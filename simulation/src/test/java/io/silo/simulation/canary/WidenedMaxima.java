package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.SetLimitDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A maximum that is set for a limit allows for two more. */
final class WidenedMaxima extends CommandBug {
    WidenedMaxima(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == SetLimitDecoder.TEMPLATE_ID) {
            int at = MessageHeaderDecoder.ENCODED_LENGTH + SetLimitDecoder.maxConcurrencyEncodingOffset();
            command.putInt(at, command.getInt(at, ByteOrder.LITTLE_ENDIAN) + 2, ByteOrder.LITTLE_ENDIAN);
        }
        return pass(session, command);
    }
}
