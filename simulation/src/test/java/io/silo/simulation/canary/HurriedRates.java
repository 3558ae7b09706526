package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.limit.RateLimitDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** Buckets of rate limits fill four times as fast as jobs ask for. */
final class HurriedRates extends CommandBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder enqueue = new EnqueueDecoder();

    HurriedRates(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == EnqueueDecoder.TEMPLATE_ID) {
            enqueue.wrapAndApplyHeader(command, 0, header);
            EnqueueDecoder.ItemsDecoder items = enqueue.items();
            while (items.hasNext()) {
                EnqueueDecoder.ItemsDecoder.LimitsDecoder limits = items.next().limits();
                while (limits.hasNext()) {
                    limits.next().skipKey();
                    int at = enqueue.limit() + EnqueueDecoder.ItemsDecoder.LimitsDecoder.detailsHeaderLength();
                    hurry(command, at, limits.skipDetails());
                }
                EnqueueDecoder.ItemsDecoder.MetadataDecoder metadata = items.metadata();
                while (metadata.hasNext()) {
                    metadata.next().sbeSkip();
                }
                items.skipTenant();
                items.skipTaskGroup();
                items.skipJobId();
                items.skipUniqueKey();
                items.skipPayload();
            }
        }
        return pass(session, command);
    }

    private static void hurry(UnsafeBuffer command, int at, int length) {
        if (length > 0) {
            int durationAt = at
                    + io.silo.protocol.limit.MessageHeaderDecoder.ENCODED_LENGTH
                    + RateLimitDecoder.durationMsEncodingOffset();
            command.putLong(
                    durationAt, command.getLong(durationAt, ByteOrder.LITTLE_ENDIAN) / 4, ByteOrder.LITTLE_ENDIAN);
        }
    }
}
