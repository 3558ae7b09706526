package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.ErrorReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import org.agrona.MutableDirectBuffer;

/** Sends refusals of commands that no decider saw. Shard thread only. */
final class Refusals {
    /** Length of a refusal without a message, and some. */
    static final int BYTES = 64;

    private Refusals() {}

    /** @param retryAfterMs when to come again; 0 = it is not known. */
    static void send(
            ReplySink replies,
            Session session,
            long correlationId,
            int shard,
            RejectReason reason,
            int retryAfterMs,
            MutableDirectBuffer buffer) {
        final ErrorReplyEncoder reply = new ErrorReplyEncoder();
        reply.wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder());
        reply.header()
                .correlationId(correlationId)
                .position(EventLog.NULL_POSITION)
                .shardEpoch(0)
                .shard(shard)
                .code(reason.code())
                .durability(Durability.DURABLE);
        reply.retryAfterMs(retryAfterMs).message("");
        replies.send(session, buffer, 0, reply.limit());
    }
}
