package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** The first limit of a job lets two more run than it was asked for. */
final class WidenedLimits extends CommandBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder enqueue = new EnqueueDecoder();

    WidenedLimits(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == EnqueueDecoder.TEMPLATE_ID) {
            enqueue.wrapAndApplyHeader(command, 0, header);
            EnqueueDecoder.ItemsDecoder items = enqueue.items();
            if (items.hasNext()) {
                EnqueueDecoder.ItemsDecoder.LimitsDecoder limits = items.next().limits();
                if (limits.hasNext()) {
                    int at = enqueue.limit();
                    limits.next();
                    command.putInt(at, (int) limits.maxConcurrency() + 2, ByteOrder.LITTLE_ENDIAN);
                }
            }
        }
        return pass(session, command);
    }
}
