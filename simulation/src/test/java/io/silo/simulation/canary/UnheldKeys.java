package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.concurrent.UnsafeBuffer;

/** A unique key is not held: to the shard, each job has one of its own. */
final class UnheldKeys extends CommandBug {
    private static final int LENGTH_BYTES = 2;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder enqueue = new EnqueueDecoder();
    private int keys;

    UnheldKeys(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == EnqueueDecoder.TEMPLATE_ID) {
            enqueue.wrapAndApplyHeader(command, 0, header);
            for (EnqueueDecoder.ItemsDecoder item : enqueue.items()) {
                item.limits().forEach(EnqueueDecoder.ItemsDecoder.LimitsDecoder::sbeSkip);
                item.metadata().forEach(EnqueueDecoder.ItemsDecoder.MetadataDecoder::sbeSkip);
                item.skipTenant();
                item.skipTaskGroup();
                item.skipJobId();
                int at = enqueue.limit() + LENGTH_BYTES;
                if (item.skipUniqueKey() > 0) {
                    command.putByte(at, (byte) ('A' + keys++ % 26));
                }
                item.skipPayload();
            }
        }
        return pass(session, command);
    }
}
