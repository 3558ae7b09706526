package io.silo.transport;

import io.aeron.Aeron;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.GetJobEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.reply.BytesReplyDecoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.HelloReplyDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/** A client that keeps what it was told. Driven by the thread of the test. */
final class TestClient implements ReplyHandler, AutoCloseable {
    final ShardClient client;
    final Aeron aeron;
    final Map<Long, Long> jobKeys = new HashMap<>();
    final Map<Long, Integer> errors = new HashMap<>();
    final List<Long> unknown = new ArrayList<>();
    final List<Integer> chunkLengths = new ArrayList<>();
    int connected;
    int disconnected;
    RejectReason refused;
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[128 * 1024]);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final EnqueueEncoder enqueue = new EnqueueEncoder();
    private final GetJobEncoder getJob = new GetJobEncoder();

    TestClient(Aeron aeron, ShardClientContext context) {
        this.aeron = aeron;
        this.client = new ShardClient(aeron, context, this);
    }

    void awaitOpen() {
        if (!client.awaitOpen(TestNode.TIMEOUT_NS, new BackoffIdleStrategy())) {
            throw new AssertionError("no session: " + client.state() + " " + client.refusedBy());
        }
    }

    void poll(String until, BooleanSupplier condition) {
        TestNode.await(until, () -> {
            client.poll(64);
            return condition.getAsBoolean();
        });
    }

    int encodeEnqueue(String jobId, int payloadLength) {
        enqueue.wrapAndApplyHeader(buffer, 0, header);
        fill(enqueue.header());
        final EnqueueEncoder.ItemsEncoder item = enqueue.itemsCount(1).next();
        item.payloadEncoding(PayloadEncoding.RAW);
        item.limitsCount(0);
        item.metadataCount(0);
        item.tenant("").taskGroup("group").jobId(jobId).uniqueKey("");
        final byte[] payload = new byte[payloadLength];
        item.putPayload(payload, 0, payloadLength);
        return MessageHeaderEncoder.ENCODED_LENGTH + enqueue.encodedLength();
    }

    int encodeGetJob(String jobId) {
        getJob.wrapAndApplyHeader(buffer, 0, header);
        fill(getJob.header());
        getJob.includeAttempts((short) 0).tenant("").jobId(jobId);
        return MessageHeaderEncoder.ENCODED_LENGTH + getJob.encodedLength();
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    private static void fill(CommandHeaderEncoder commandHeader) {
        commandHeader.correlationId(0).shardEpoch(0).shard(0).durability(Durability.APPENDED);
    }

    /** Offers until it is taken. */
    long send(int length) {
        return send(length, TestNode.TIMEOUT_NS);
    }

    long send(int length, long timeoutNs) {
        final long[] id = new long[1];
        TestNode.await("offer", () -> {
            id[0] = client.offer(buffer, 0, length, timeoutNs);
            if (id[0] < 0) {
                client.poll(64);
            }
            return id[0] > 0;
        });
        return id[0];
    }

    long enqueue(String jobId, int payloadLength) {
        return send(encodeEnqueue(jobId, payloadLength));
    }

    @Override
    public void onConnected(HelloReplyDecoder reply) {
        connected++;
    }

    @Override
    public void onDisconnected() {
        disconnected++;
    }

    @Override
    public void onRefused(RejectReason reason) {
        refused = reason;
    }

    @Override
    public void onError(long correlationId, RejectReason reason, int code, long retryAfterMs) {
        errors.put(correlationId, code);
    }

    @Override
    public void onUnknownOutcome(long correlationId) {
        unknown.add(correlationId);
    }

    @Override
    public void onEnqueueReply(EnqueueReplyDecoder reply) {
        final long correlationId = reply.header().correlationId();
        for (final EnqueueReplyDecoder.ResultsDecoder result : reply.results()) {
            jobKeys.put(correlationId, result.jobKey());
        }
    }

    @Override
    public void onBytesReply(BytesReplyDecoder reply) {
        chunkLengths.add(reply.chunkLength());
    }

    @Override
    public void close() {
        client.close();
        aeron.close();
    }
}
