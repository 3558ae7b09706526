package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.DeleteJobsDecoder;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** With a job its request id is forgotten: a repeat of the request looks like another one. */
final class ForgottenRequests extends CommandBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DeleteJobsDecoder delete = new DeleteJobsDecoder();
    private final EnqueueDecoder enqueue = new EnqueueDecoder();
    private final Set<String> deleted = new HashSet<>();

    ForgottenRequests(CommandConsumer agent) {
        super(agent);
    }

    @Override
    Disposition command(Session session, int templateId, UnsafeBuffer command) {
        if (templateId == DeleteJobsDecoder.TEMPLATE_ID) {
            delete.wrapAndApplyHeader(command, 0, header);
            for (DeleteJobsDecoder.ItemsDecoder item : delete.items()) {
                item.skipTenant();
                deleted.add(item.jobId());
            }
        } else if (templateId == EnqueueDecoder.TEMPLATE_ID) {
            enqueue.wrapAndApplyHeader(command, 0, header);
            EnqueueDecoder.ItemsDecoder items = enqueue.items();
            while (items.hasNext()) {
                int idAt = enqueue.limit() + EnqueueDecoder.ItemsDecoder.requestIdLowEncodingOffset();
                long requestId = items.next().requestIdLow();
                items.limits().forEach(EnqueueDecoder.ItemsDecoder.LimitsDecoder::sbeSkip);
                for (EnqueueDecoder.ItemsDecoder.MetadataDecoder entry : items.metadata()) {
                    entry.sbeSkip();
                }
                items.skipTenant();
                items.skipTaskGroup();
                if (deleted.contains(items.jobId())) {
                    command.putLong(idAt, ~requestId, ByteOrder.LITTLE_ENDIAN);
                }
                items.skipUniqueKey();
                items.skipPayload();
            }
        }
        return pass(session, command);
    }
}
