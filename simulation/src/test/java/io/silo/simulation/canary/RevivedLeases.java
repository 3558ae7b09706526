package io.silo.simulation.canary;

import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder.LeasesDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A heartbeat for a lease that is over is answered as if it lived again. */
final class RevivedLeases extends ReplyBug {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final HeartbeatReplyDecoder heartbeat = new HeartbeatReplyDecoder();

    RevivedLeases(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        if (templateId == HeartbeatReplyDecoder.TEMPLATE_ID) {
            heartbeat.wrapAndApplyHeader(reply, 0, header);
            LeasesDecoder leases = heartbeat.leases();
            while (leases.hasNext()) {
                int codeAt = heartbeat.limit() + LeasesDecoder.codeEncodingOffset();
                if (leases.next().code() == RejectReason.LEASE_NOT_FOUND.code()) {
                    reply.putShort(codeAt, (short) 0, ByteOrder.LITTLE_ENDIAN);
                }
            }
        }
        pass(session, reply);
    }
}
