package io.silo.server;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.ErrorReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the commands of a thread that has quarantined shards: answers those for them with SHARD_CLOSED, hands on the
 * rest. Shard thread only.
 */
final class QuarantineSource implements CommandSource {
    private final CommandSource source;
    private final ReplySink replies;
    private final int firstQuarantined;
    private final Filter filter = new Filter();

    /**
     * @param firstQuarantined quarantined shards have this number and those above it.
     */
    QuarantineSource(CommandSource source, ReplySink replies, int firstQuarantined) {
        this.source = source;
        this.replies = replies;
        this.firstQuarantined = firstQuarantined;
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        filter.consumer = consumer;
        return source.poll(filter, limit);
    }

    @Override
    public long waitedMs() {
        return source.waitedMs();
    }

    /** Takes commands when no shard of the node can be served at all. */
    int pollAlone(int limit) {
        filter.consumer = null;
        return source.poll(filter, limit);
    }

    private final class Filter implements CommandConsumer {
        private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
        private final CommandHeaderDecoder header = new CommandHeaderDecoder();
        private final ErrorReplyEncoder refusal = new ErrorReplyEncoder();
        private final MessageHeaderEncoder replyMessageHeader = new MessageHeaderEncoder();
        private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[512]);
        private @Nullable CommandConsumer consumer;

        @Override
        public Disposition onCommand(Session session, DirectBuffer command, int offset, int length) {
            header.wrap(command, offset + MessageHeaderDecoder.ENCODED_LENGTH);
            final CommandConsumer next = consumer;
            if (next != null && header.shard() < firstQuarantined) {
                return next.onCommand(session, command, offset, length);
            }
            messageHeader.wrap(command, offset);
            refusal.wrapAndApplyHeader(buffer, 0, replyMessageHeader);
            refusal.header()
                    .correlationId(header.correlationId())
                    .position(-1)
                    .shardEpoch(0)
                    .shard(header.shard())
                    .code(RejectReason.SHARD_CLOSED.code())
                    .durability(Durability.DURABLE);
            refusal.retryAfterMs(0).message("The shard's log is damaged; the server's log and /healthz say where.");
            replies.send(session, buffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + refusal.encodedLength());
            return Disposition.CONSUMED;
        }

        @Override
        public void onSessionClosed(Session session, boolean explicit) {
            final CommandConsumer next = consumer;
            if (next != null) {
                next.onSessionClosed(session, explicit);
            }
        }
    }
}
