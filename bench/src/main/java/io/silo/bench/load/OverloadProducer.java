package io.silo.bench.load;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.transport.ReplyHandler;
import io.silo.transport.ShardClient;
import java.util.Objects;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** One session that enqueues, with a window of its own. What is refused is not sent again. One thread. */
final class OverloadProducer implements ReplyHandler {
    private static final long NOT_MINE = Long.MIN_VALUE;

    private final OverloadGenerator load;
    private final EnqueueTemplate template;
    private final int windowCommands;
    private final Long2LongHashMap sentNs = new Long2LongHashMap(NOT_MINE);
    private @Nullable ShardClient client;

    OverloadProducer(OverloadGenerator load, EnqueueTemplate template, int windowJobs) {
        this.load = load;
        this.template = template;
        this.windowCommands = Math.max(1, windowJobs / template.jobs());
    }

    void client(ShardClient shardClient) {
        client = shardClient;
    }

    ShardClient client() {
        return Objects.requireNonNull(client);
    }

    /** Sends a command of new jobs; false if the window or the stream is full. */
    boolean send(long firstNumber, long nowNs) {
        if (sentNs.size() >= windowCommands) {
            return false;
        }
        template.number(firstNumber);
        final long correlationId = client().offer(template.buffer(), 0, template.length(), LoadConnection.TIMEOUT_NS);
        if (correlationId == ShardClient.NOT_CONNECTED) {
            throw new LoadException(RejectReason.UNREACHABLE, "The connection was lost.");
        }
        if (correlationId <= 0) {
            return false;
        }
        sentNs.put(correlationId, nowNs);
        return true;
    }

    @Override
    public void onEnqueueReply(EnqueueReplyDecoder reply) {
        final long sent = sentNs.remove(reply.header().correlationId());
        if (sent == NOT_MINE) {
            return;
        }
        final int code = reply.header().code();
        int accepted = 0;
        for (EnqueueReplyDecoder.ResultsDecoder result : reply.results()) {
            accepted += result.code() == RejectReason.OK ? 1 : 0;
        }
        if (code != RejectReason.OK || accepted != template.jobs()) {
            throw new LoadException(
                    RejectReason.fromCode(code), "Of a command only " + accepted + " jobs were accepted.");
        }
        load.onEnqueued(accepted, sent);
    }

    @Override
    public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
        final long sent = sentNs.remove(correlationId);
        if (sent == NOT_MINE) {
            return;
        }
        if (reason != RejectReason.BUSY) {
            throw new LoadException(
                    reason, reason == null ? "The server refused with code " + code + "." : reason.sentence());
        }
        load.onRefused(template.jobs(), sent, retryAfterMs);
    }

    @Override
    public void onUnknownOutcome(long correlationId) {
        throw new LoadException(RejectReason.UNKNOWN_OUTCOME, RejectReason.UNKNOWN_OUTCOME.sentence());
    }
}
