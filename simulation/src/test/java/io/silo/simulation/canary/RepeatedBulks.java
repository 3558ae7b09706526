package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.BulkChangeDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** A bulk change that is asked for again begins again: jobs are touched that came after the first time. */
final class RepeatedBulks extends CommandBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final BulkChangeDecoder bulk = new BulkChangeDecoder();
    private final Set<Long> begun = new HashSet<>();

    RepeatedBulks(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == BulkChangeDecoder.TEMPLATE_ID) {
            bulk.wrapAndApplyHeader(command, 0, header);
            if (!begun.add(bulk.requestIdHigh())) {
                int at = MessageHeaderDecoder.ENCODED_LENGTH + BulkChangeDecoder.requestIdLowEncodingOffset();
                command.putLong(at, ~bulk.requestIdLow(), ByteOrder.LITTLE_ENDIAN);
            }
        }
        return pass(session, command);
    }
}
