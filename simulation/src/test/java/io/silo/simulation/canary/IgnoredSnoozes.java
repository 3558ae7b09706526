package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReturnLeasesDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A task that is given back until later is ready at once. */
final class IgnoredSnoozes extends CommandBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReturnLeasesDecoder returned = new ReturnLeasesDecoder();

    IgnoredSnoozes(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == ReturnLeasesDecoder.TEMPLATE_ID) {
            returned.wrapAndApplyHeader(command, 0, header);
            ReturnLeasesDecoder.LeasesDecoder leases = returned.leases();
            while (leases.hasNext()) {
                int at = returned.limit() + ReturnLeasesDecoder.LeasesDecoder.snoozeMsEncodingOffset();
                leases.next();
                command.putLong(at, 0, ByteOrder.LITTLE_ENDIAN);
            }
        }
        return pass(session, command);
    }
}
