package io.silo.bench.micro;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.silo.bench.load.PlainJob;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.PayloadEncoding;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.protocol.reply.TasksLeasedEncoder;
import io.silo.shard.event.EventFrames;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to write and to read the messages of the hot path (an enqueue of one job, a grant of one task, an event in its frame),
 * against copying as many bytes?
 *
 * <p>In memory; nothing is durable. Bounds checks are on, as in service. Expected: 20 to 100 ns each, so that codecs are no part of a
 * lifecycle of 4 us that is worth a thought; nothing is allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class CodecBenchmark {
    private static final int MESSAGE_BYTES = 128 * 1024;
    private static final int ID_BYTES = 36;

    /** Bytes of the payload. */
    @Param({"256", "4096"})
    public int payloadBytes;

    private final UnsafeBuffer command = new UnsafeBuffer(new byte[MESSAGE_BYTES]);
    private final UnsafeBuffer grant = new UnsafeBuffer(new byte[MESSAGE_BYTES]);
    private final UnsafeBuffer record = new UnsafeBuffer(new byte[MESSAGE_BYTES]);
    private final byte[] copy = new byte[MESSAGE_BYTES];
    private final byte[] id = "00000000-0000-0000-0000-000000000001".getBytes(US_ASCII);
    private final byte[] tenant = "tenant".getBytes(US_ASCII);
    private final byte[] taskGroup = "group".getBytes(US_ASCII);
    private final byte[] text = new byte[ID_BYTES];
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final MessageHeaderDecoder headerDecoder = new MessageHeaderDecoder();
    private final EnqueueEncoder enqueue = new EnqueueEncoder();
    private final EnqueueDecoder enqueueDecoder = new EnqueueDecoder();
    private final io.silo.protocol.reply.MessageHeaderEncoder replyHeader =
            new io.silo.protocol.reply.MessageHeaderEncoder();
    private final io.silo.protocol.reply.MessageHeaderDecoder replyHeaderDecoder =
            new io.silo.protocol.reply.MessageHeaderDecoder();
    private final TasksLeasedEncoder leased = new TasksLeasedEncoder();
    private final TasksLeasedDecoder leasedDecoder = new TasksLeasedDecoder();
    private final EventFrames.FrameHandler frames = this::onEvent;
    private byte[] payload;
    private byte[] payloadOut;
    private int commandLength;
    private long sum;

    /** Writes each message once. */
    @Setup
    public void encode() {
        payload = new byte[payloadBytes];
        payloadOut = new byte[payloadBytes];
        commandLength = encodeEnqueue();
        encodeGrant();
        encodeFrame();
    }

    /** An enqueue written. */
    @Benchmark
    public int encodeEnqueue() {
        enqueue.wrapAndApplyHeader(command, 0, header);
        enqueue.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.DURABLE);
        final EnqueueEncoder.ItemsEncoder item = enqueue.itemsCount(1);
        PlainJob.next(item);
        item.limitsCount(0);
        item.metadataCount(0);
        item.putTenant(tenant, 0, tenant.length)
                .putTaskGroup(taskGroup, 0, taskGroup.length)
                .putJobId(id, 0, id.length)
                .uniqueKey("")
                .putPayload(payload, 0, payload.length);
        return enqueue.limit();
    }

    /** The enqueue read. */
    @Benchmark
    public long decodeEnqueue() {
        enqueueDecoder.wrapAndApplyHeader(command, 0, headerDecoder);
        long total = enqueueDecoder.header().correlationId();
        final EnqueueDecoder.ItemsDecoder item = enqueueDecoder.items().next();
        total += item.startAtMs() + item.priority() + item.retryCount();
        total += item.limits().count() + item.metadata().count();
        total += item.getTenant(text, 0, ID_BYTES) + item.getTaskGroup(text, 0, ID_BYTES);
        total += item.getJobId(text, 0, ID_BYTES);
        item.skipUniqueKey();
        return total + item.getPayload(payloadOut, 0, payloadBytes);
    }

    /** A grant written. */
    @Benchmark
    public int encodeGrant() {
        leased.wrapAndApplyHeader(grant, 0, replyHeader);
        leased.header().correlationId(0);
        leased.subscriptionId(1);
        final TasksLeasedEncoder.TasksEncoder task = leased.tasksCount(1).next();
        task.jobKey(1)
                .tokenEpoch(1)
                .token(1)
                .enqueuedAtMs(1)
                .startAtMs(1)
                .attempt(1)
                .relativeAttempt(1)
                .leaseMs(1)
                .maxRunMs(0)
                .payloadBytes(payloadBytes)
                .payloadCrc(1)
                .priority((short) 1)
                .isLastAttempt((short) 1)
                .payloadEncoding(PayloadEncoding.RAW);
        task.limitsCount(0);
        task.metadataCount(0);
        task.putTenant(tenant, 0, tenant.length)
                .putTaskGroup(taskGroup, 0, taskGroup.length)
                .putJobId(id, 0, id.length)
                .uniqueKey("")
                .putPayload(payload, 0, payload.length);
        return leased.limit();
    }

    /** The grant read. */
    @Benchmark
    public long decodeGrant() {
        leasedDecoder.wrapAndApplyHeader(grant, 0, replyHeaderDecoder);
        final TasksLeasedDecoder.TasksDecoder task = leasedDecoder.tasks().next();
        long total = task.jobKey() + task.tokenEpoch() + task.token() + task.attempt() + task.leaseMs();
        total += task.limits().count() + task.metadata().count();
        total += task.getTenant(text, 0, ID_BYTES) + task.getTaskGroup(text, 0, ID_BYTES);
        total += task.getJobId(text, 0, ID_BYTES);
        task.skipUniqueKey();
        return total + task.getPayload(payloadOut, 0, payloadBytes);
    }

    /** An event put into a record behind its length. */
    @Benchmark
    public int encodeFrame() {
        record.putInt(0, commandLength, ByteOrder.LITTLE_ENDIAN);
        record.putBytes(EventFrames.LENGTH_BYTES, command, 0, commandLength);
        return commandLength;
    }

    /** The record's events walked. */
    @Benchmark
    public long walkFrames() {
        sum = 0;
        EventFrames.forEach(record, 0, EventFrames.LENGTH_BYTES + commandLength, frames);
        return sum;
    }

    private void onEvent(int index, DirectBuffer buffer, int offset, int length) {
        sum += length + buffer.getShort(offset);
    }

    /** Baseline: as many bytes copied. */
    @Benchmark
    public byte[] arraycopy() {
        System.arraycopy(command.byteArray(), 0, copy, 0, commandLength);
        return copy;
    }
}
