package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReadEventsDecoder;
import io.silo.protocol.reply.JobEventsReplyEncoder;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** ReadEvents: what happened to jobs from a position on. Where something did, it is read off the shard's thread. */
final class ReadEventsDecider implements CommandDecider {
    /** Instead of a position. */
    static final long FROM_FIRST = -1;

    static final long FROM_END = -2;

    /** Events of a page: with their names looked up and written they cost the shard's thread less than 100 us. */
    static final int EVENTS_MAX = 256;

    /** Pages of a shard that are read at once: they must not take the reading thread from those who read jobs. */
    static final int READS_MAX = 16;

    /** What a record can count. */
    private static final int INDEX_MAX = 65_535;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReadEventsDecoder command = new ReadEventsDecoder();
    private final JobEventsReplyEncoder reply = new JobEventsReplyEncoder();
    private final EventRead.UnderWay underWay = new EventRead.UnderWay();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ReadEventsDecoder.tenantHeaderLength();
        final RejectReason refusal = check(context, buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final long asked = command.fromPosition();
        final long durable = context.durablePosition();
        final long from = asked == FROM_FIRST
                ? context.firstPosition()
                : asked == FROM_END ? durable + 1 : context.followedFrom(asked);
        final int fromIndex = from == asked ? (int) command.fromIndex() : 0;
        if (from > durable || command.eventsMax() == 0) {
            reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                    .nextPosition(from)
                    .firstPosition(context.firstPosition())
                    .durablePosition(durable)
                    .nextIndex(fromIndex)
                    .isAtEnd((short) (from > durable ? 1 : 0))
                    .eventsCount(0);
            context.replied(reply.limit());
            return;
        }
        final byte[] tenant = tenant(context, buffer, tenantOffset, tenantLength);
        if (underWay.count == READS_MAX) {
            context.reject(RejectReason.BUSY);
            return;
        }
        final EventRead read = new EventRead(
                ColdRead.Asked.of(context), underWay, tenant, from, fromIndex, durable, command.eventsMax());
        read.enter();
        if (context.coldReads().submit(read)) {
            context.noReply();
        } else {
            read.leave();
            context.reject(RejectReason.BUSY);
        }
    }

    /** Returns what is wrong with the command, or null; in the order of {@link RejectReason}. */
    private @Nullable RejectReason check(
            CommandContext context, DirectBuffer buffer, int tenantOffset, int tenantLength) {
        final RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            return refusal;
        }
        final long from = command.fromPosition();
        if (from < FROM_END || command.fromIndex() > INDEX_MAX || command.eventsMax() > EVENTS_MAX) {
            return RejectReason.INVALID_POSITION;
        }
        if (from >= 0 && context.followedFrom(from) < 0) {
            return RejectReason.POSITION_TRIMMED;
        }
        // What was told was durable: no log that is this one ends before it.
        return from > context.appendedPosition() + 1 ? RejectReason.POSITION_AHEAD : null;
    }

    /** Whose events alone are told; null = everybody's. By name: a tenant whose jobs are gone has no number. */
    private static byte @Nullable [] tenant(
            CommandContext context, DirectBuffer buffer, int tenantOffset, int tenantLength) {
        final DirectBuffer scope = context.session().tenantScope();
        if (tenantLength == 0 && scope == null) {
            return null;
        }
        final byte[] name = new byte[tenantLength == 0 && scope != null ? scope.capacity() : tenantLength];
        if (tenantLength == 0 && scope != null) {
            scope.getBytes(0, name);
        } else {
            buffer.getBytes(tenantOffset, name);
        }
        return name;
    }
}
