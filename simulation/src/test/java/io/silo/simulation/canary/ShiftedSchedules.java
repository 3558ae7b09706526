package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.PutScheduleDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A schedule fires a little before its times. */
final class ShiftedSchedules extends CommandBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final PutScheduleDecoder put = new PutScheduleDecoder();

    ShiftedSchedules(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == PutScheduleDecoder.TEMPLATE_ID) {
            put.wrapAndApplyHeader(command, 0, header);
            int at = MessageHeaderDecoder.ENCODED_LENGTH + PutScheduleDecoder.firstAtMsEncodingOffset();
            command.putLong(at, put.firstAtMs() - 10, ByteOrder.LITTLE_ENDIAN);
        }
        return pass(session, command);
    }
}
