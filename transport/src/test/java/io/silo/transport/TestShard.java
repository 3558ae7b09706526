package io.silo.transport;

import io.silo.protocol.Bounds;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.GetJobDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.BytesReplyEncoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.EnqueueReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.protocol.reply.ReplyHeaderEncoder;
import io.silo.protocol.session.FrameCheck;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A consumer that answers: Enqueue with a key made of the job id's number, GetJob with a BytesReply of 100 KiB. Can be told to
 * refuse or to fail.
 */
final class TestShard implements CommandConsumer {
    static final int LARGE_REPLY_BYTES = 100 * 1024;

    final List<String> jobIds = new CopyOnWriteArrayList<>();
    final List<String> closed = new CopyOnWriteArrayList<>();
    final AtomicInteger retriesLeft = new AtomicInteger();
    final AtomicInteger retried = new AtomicInteger();
    volatile String throwAt = "";
    volatile String failAt = "";
    private final AeronReplySink sink;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder enqueue = new EnqueueDecoder();
    private final GetJobDecoder getJob = new GetJobDecoder();
    private final MessageHeaderEncoder replyHeader = new MessageHeaderEncoder();
    private final EnqueueReplyEncoder enqueueReply = new EnqueueReplyEncoder();
    private final BytesReplyEncoder bytesReply = new BytesReplyEncoder();
    private final UnsafeBuffer replyBuffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
    private final byte[] large = new byte[LARGE_REPLY_BYTES];

    TestShard(AeronReplySink sink) {
        this.sink = sink;
    }

    @Override
    public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
        if (retriesLeft.get() > 0) {
            retriesLeft.decrementAndGet();
            retried.incrementAndGet();
            return Disposition.RETRY;
        }
        switch (FrameCheck.templateId(buffer, offset)) {
            case EnqueueDecoder.TEMPLATE_ID -> {
                return onEnqueue(session, buffer, offset);
            }
            case GetJobDecoder.TEMPLATE_ID -> {
                getJob.wrapAndApplyHeader(buffer, offset, header);
                bytesReply.wrapAndApplyHeader(replyBuffer, 0, replyHeader);
                fill(bytesReply.header(), getJob.header().correlationId());
                bytesReply.chunkOffset(0).totalBytes(large.length).putChunk(large, 0, large.length);
                sink.send(session, replyBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + bytesReply.encodedLength());
            }
            default -> {
                // Taken and not answered: the client's time-out is what is tested.
            }
        }
        return Disposition.CONSUMED;
    }

    private Disposition onEnqueue(Session session, DirectBuffer buffer, int offset) {
        enqueue.wrapAndApplyHeader(buffer, offset, header);
        final long correlationId = enqueue.header().correlationId();
        final EnqueueDecoder.ItemsDecoder items = enqueue.items();
        if (items.count() != 1) {
            return Disposition.CONSUMED;
        }
        final EnqueueDecoder.ItemsDecoder item = items.next();
        item.limits().forEach(limit -> limit.skipKey());
        item.metadata().forEach(entry -> {
            entry.skipKey();
            entry.skipValue();
        });
        item.skipTenant();
        item.skipTaskGroup();
        final String jobId = item.jobId();
        item.skipUniqueKey();
        if (jobId.equals(throwAt)) {
            throw new IllegalStateException("canary " + jobId);
        }
        jobIds.add(jobId);
        if (jobId.equals(failAt)) {
            return Disposition.FAILED;
        }
        enqueueReply.wrapAndApplyHeader(replyBuffer, 0, replyHeader);
        fill(enqueueReply.header(), correlationId);
        enqueueReply.resultsCount(1).next().jobKey(number(jobId)).code(0);
        sink.send(session, replyBuffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + enqueueReply.encodedLength());
        return Disposition.CONSUMED;
    }

    private static long number(String jobId) {
        return jobId.matches("[0-9]{1,9}") ? Long.parseLong(jobId) : -1;
    }

    private static void fill(ReplyHeaderEncoder reply, long correlationId) {
        reply.correlationId(correlationId)
                .position(1)
                .shardEpoch(1)
                .shard(0)
                .code(0)
                .durability(Durability.APPENDED);
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        closed.add(session.id() + (explicit ? " explicit" : " lost"));
    }
}
