package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.ReplyHeaderEncoder;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The replies of one shard: each leaves once the record that it speaks of is as safe as its client asked, in the page cache or on the
 * disk. Shard thread only; does not allocate.
 */
final class ShardReplies {
    private static final int MESSAGE_HEADER_BYTES = MessageHeaderDecoder.ENCODED_LENGTH;

    private final int shard;
    private final EventLog log;
    private final ReplySink sink;
    private final ShardCounters counters;

    /** Wait for the disk. */
    private final ParkedReplies parked;

    /** Wait for the page cache: until the end of the duty cycle, or until there is no room. */
    private final ParkedReplies staged = new ParkedReplies(ParkedReplies.RING_BYTES_MIN);

    private final ReplyHeaderEncoder replyHeader = new ReplyHeaderEncoder();
    private final UnsafeBuffer refusal = new UnsafeBuffer(new byte[Refusals.BYTES]);

    ShardReplies(ShardContext context, ShardCounters counters) {
        shard = context.settings().shard();
        log = context.log();
        sink = context.replies();
        this.counters = counters;
        parked = new ParkedReplies(context.parkedBytesMax());
    }

    /** Whether the replies of one more command can be kept, of any length. */
    boolean hasRoom() {
        if (!staged.hasRoom()) {
            write();
        }
        return parked.hasRoom();
    }

    /** Replies that wait for the disk. */
    int parkedCount() {
        return parked.count();
    }

    /** Whether replies wait for a sync. */
    boolean isSyncWanted() {
        return !parked.isEmpty() && log.isDirty();
    }

    /** Hands what was appended to the page cache, and sends what waits for no more than that. */
    void write() {
        log.write();
        counters.add(Figure.ACKNOWLEDGED_APPENDED, staged.dispatch(log.writtenPosition(), sink));
    }

    /** Sends what became durable; returns how many replies. */
    int dispatch() {
        final int sent = parked.dispatch(log.durablePosition(), sink);
        counters.add(Figure.ACKNOWLEDGED_DURABLE, sent);
        return sent;
    }

    /**
     * Sends a reply, now or when its time has come. Only after {@link #hasRoom} said yes.
     *
     * @param isAppendedEnough as the client asked.
     * @param position of the last record that the reply speaks of.
     * @param buffer the reply with room for its headers; the reply's own header is filled in.
     */
    void send(
            Session session,
            long correlationId,
            boolean isAppendedEnough,
            long position,
            int code,
            MutableDirectBuffer buffer,
            int length) {
        // [SILO-LOG-ACK-3]
        final boolean isDurable = position <= log.durablePosition();
        replyHeader
                .wrap(buffer, MESSAGE_HEADER_BYTES)
                .correlationId(correlationId)
                .position(position)
                .shardEpoch(log.shardEpoch())
                .shard(shard)
                .code(code)
                .durability(isDurable || !isAppendedEnough ? Durability.DURABLE : Durability.APPENDED);
        if (code != RejectReason.OK) {
            counters.countRefusal(code);
        }
        if (isDurable) {
            // A roll may have made earlier ones durable: of two answers to one request the first goes first.
            dispatch();
            sink.send(session, buffer, 0, length);
            counters.add(Figure.ACKNOWLEDGED_DURABLE, 1);
        } else {
            (isAppendedEnough ? staged : parked).park(session, position, buffer, length);
        }
    }

    /**
     * Refuses a command that no decider saw. It speaks of no record, so it does not wait.
     *
     * @param retryAfterMs when to come again; 0 = it is not known.
     */
    void refuse(Session session, long correlationId, RejectReason reason, int retryAfterMs) {
        Refusals.send(sink, session, correlationId, shard, reason, retryAfterMs, refusal);
        counters.countRefusal(reason.code());
    }
}
