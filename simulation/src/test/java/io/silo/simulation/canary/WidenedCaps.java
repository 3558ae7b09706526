package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.SetTenantDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A tenant's cap lets many more run than it was set to. */
final class WidenedCaps extends CommandBug {
    WidenedCaps(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == SetTenantDecoder.TEMPLATE_ID) {
            int at = MessageHeaderDecoder.ENCODED_LENGTH + SetTenantDecoder.runningMaxEncodingOffset();
            int max = command.getInt(at, ByteOrder.LITTLE_ENDIAN);
            if (max > 0) {
                command.putInt(at, max + 20, ByteOrder.LITTLE_ENDIAN);
            }
        }
        return pass(session, command);
    }
}
