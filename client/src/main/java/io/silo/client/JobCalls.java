package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.BytesReplyDecoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobResultReplyDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.TaskGroupReplyDecoder;
import io.silo.protocol.reply.UploadReplyDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls about jobs. */
final class JobCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private JobCalls() {}

    /** A job of a batch, with what was settled about it before it is sent. */
    static final class Item {
        final JobRequest request;
        final String tenant;
        final long hash;
        long uploadId;

        Item(JobRequest request, String tenant) {
            this.request = request;
            this.tenant = tenant;
            this.hash = ShardMap.hash(tenant);
        }

        int inlineLength() {
            return request.encodedLengthMax(tenant) + (uploadId == 0 ? request.payload.size() : 0);
        }
    }

    static long inlineLength(List<Item> items) {
        return items.stream().mapToLong(Item::inlineLength).sum();
    }

    static Durability durability(ReplyHeaderDecoder header) {
        return header.durability() == io.silo.protocol.reply.Durability.APPENDED
                ? Durability.APPENDED
                : Durability.DURABLE;
    }

    /** A call to the shard of one tenant. */
    abstract static class TenantCall<T> extends Call<T> {
        final long hash;

        TenantCall(long hash, long deadlineNs) {
            super(deadlineNs);
            this.hash = hash;
        }

        @Override
        ShardMap.@Nullable Target target(ShardMap map) {
            return map.target(hash);
        }
    }

    /** Enqueues jobs of one shard that fit one message. */
    static final class Enqueue extends TenantCall<List<EnqueueResult>> {
        private final List<Item> items;
        private final Durability durability;

        Enqueue(List<Item> items, Durability durability, long deadlineNs) {
            super(items.get(0).hash, deadlineNs);
            this.items = items;
            this.durability = durability;
        }

        @Override
        boolean isAnswerShort() {
            return items.size() == 1;
        }

        @Override
        long heldBytes() {
            return inlineLength(items);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final EnqueueEncoder command = codecs.enqueue.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            final EnqueueEncoder.ItemsEncoder group = command.itemsCount(items.size());
            for (final Item item : items) {
                encodeItem(group.next(), item);
            }
            return HEADER + command.encodedLength();
        }

        private static void encodeItem(EnqueueEncoder.ItemsEncoder out, Item item) {
            final JobRequest request = item.request;
            final RetryPolicy retry = request.retry;
            out.requestIdHigh(request.requestIdHigh)
                    .requestIdLow(request.requestIdLow)
                    .startAtMs(request.startAtMs)
                    .uploadId(item.uploadId)
                    .retryInitialIntervalMs(retry.initialInterval().toMillis())
                    .retryMaxIntervalMs(retry.maxInterval().toMillis())
                    .retryCount(retry.retries())
                    .retryBackoffPermille(retry.backoffPermille())
                    .startDeadlineMs(request.startDeadlineMs)
                    .leaseMs(request.leaseMs)
                    .maxRunMs(request.maxRunMs)
                    .priority((short) request.priority)
                    .retryJitter((short) (retry.jitter() ? 1 : 0))
                    .payloadEncoding(CommandCodecs.wire(request.payload.encoding()));
            final EnqueueEncoder.ItemsEncoder.LimitsEncoder limits = out.limitsCount(request.limits.size());
            for (final Limit limit : request.limits) {
                final byte[] details = LimitCodec.details(limit);
                limits.next()
                        .maxConcurrency(LimitCodec.maxConcurrency(limit))
                        .key(limit.key())
                        .putDetails(details, 0, details.length);
            }
            final EnqueueEncoder.ItemsEncoder.MetadataEncoder metadata = out.metadataCount(request.metadata.size());
            for (final Map.Entry<String, String> entry : request.metadata.entrySet()) {
                metadata.next().key(entry.getKey()).value(entry.getValue());
            }
            out.tenant(item.tenant)
                    .taskGroup(request.taskGroup)
                    .jobId(request.id)
                    .uniqueKey(request.uniqueKey);
            if (item.uploadId == 0) {
                out.putPayload(request.payload.bytes(), 0, request.payload.size());
            } else {
                out.putPayload(Payload.EMPTY.bytes(), 0, 0);
            }
        }

        @Override
        public void onEnqueueReply(EnqueueReplyDecoder reply) {
            final long position = reply.header().position();
            final Durability reached = durability(reply.header());
            final List<EnqueueResult> results = new ArrayList<>(items.size());
            for (final EnqueueReplyDecoder.ResultsDecoder result : reply.results()) {
                final Item item = items.get(results.size());
                results.add(new EnqueueResult(
                        item.tenant, item.request.id, reason(result.code()), position, reached, null));
            }
            for (final EnqueueReplyDecoder.HeldDecoder held : reply.held()) {
                final int place = held.item();
                final String holder = held.jobId();
                if (place < results.size()) {
                    results.set(place, results.get(place).heldBy(holder));
                }
            }
            succeed(results);
        }
    }

    static @Nullable RejectReason reason(int code) {
        if (code == RejectReason.OK) {
            return null;
        }
        final RejectReason reason = RejectReason.fromCode(code);
        return reason == null ? RejectReason.UNSUPPORTED : reason;
    }

    /** Sends a payload or result in parts, one after the other. Its value is the upload id. */
    static final class Upload extends TenantCall<Long> {
        private final byte[] bytes;
        private long uploadId;
        private int received;

        Upload(byte[] bytes, long hash, long deadlineNs) {
            super(hash, deadlineNs);
            this.bytes = bytes;
            begin();
        }

        @Override
        long heldBytes() {
            return bytes.length;
        }

        private void begin() {
            uploadId = ThreadLocalRandom.current().nextLong() | 1;
            received = 0;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final int length = Math.min(Bounds.CHUNK_BYTES_MAX, bytes.length - received);
            final var command = codecs.uploadChunk.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.uploadId(uploadId)
                    .totalBytes(bytes.length)
                    .chunkOffset(received)
                    .putChunk(bytes, received, length);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onUploadReply(UploadReplyDecoder reply) {
            received = (int) Math.min(bytes.length, reply.receivedBytes());
            if (received == bytes.length) {
                succeed(uploadId);
            } else {
                again(0);
            }
        }

        @Override
        public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
            if (reason == RejectReason.UPLOAD_NOT_FOUND) {
                begin();
                again(TimeUnit.MILLISECONDS.toNanos(5));
            } else {
                super.onError(correlationId, reason, code, retryAfterMs);
            }
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            // Whether the part arrived is not known; under another id nothing can be out of order.
            begin();
            super.onUnknownOutcome(correlationId);
        }
    }

    /** Reads a job as far as one reply holds it. */
    static final class GetJob extends TenantCall<JobDraft> {
        private final String tenant;
        private final String jobId;
        private final boolean includeAttempts;

        GetJob(String tenant, String jobId, boolean includeAttempts, long deadlineNs) {
            super(ShardMap.hash(tenant), deadlineNs);
            this.tenant = tenant;
            this.jobId = jobId;
            this.includeAttempts = includeAttempts;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.getJob.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.includeAttempts((short) (includeAttempts ? 1 : 0))
                    .tenant(tenant)
                    .jobId(jobId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onJobReply(JobReplyDecoder reply) {
            succeed(JobDraft.of(reply));
        }
    }

    /** Reads the outcome of a job, waiting for it. */
    static final class GetResult extends TenantCall<JobDraft.ResultDraft> {
        private final String tenant;
        private final String jobId;
        private final long waitUntilNs;
        private final long marginNs;

        /** @param marginNs what an answer may take beyond the wait. */
        GetResult(String tenant, String jobId, long waitUntilNs, long marginNs) {
            super(ShardMap.hash(tenant), waitUntilNs + marginNs);
            this.tenant = tenant;
            this.jobId = jobId;
            this.waitUntilNs = waitUntilNs;
            this.marginNs = marginNs;
        }

        private long waitMs() {
            final long left = TimeUnit.NANOSECONDS.toMillis(waitUntilNs - System.nanoTime());
            return Math.max(0, Math.min(Bounds.WAIT_MS_MAX, left));
        }

        @Override
        long answerTimeoutNs(long nowNs) {
            return TimeUnit.MILLISECONDS.toNanos(waitMs()) + marginNs;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.getJobResult.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.waitMs(waitMs()).tenant(tenant).jobId(jobId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onJobResultReply(JobResultReplyDecoder reply) {
            succeed(JobDraft.ResultDraft.of(reply));
        }

        @Override
        public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
            if (reason == RejectReason.JOB_NOT_COMPLETE && waitMs() > 0) {
                again(0);
            } else {
                super.onError(correlationId, reason, code, retryAfterMs);
            }
        }
    }

    /** Reads all bytes of a payload or result, part by part. */
    static final class ReadAll extends TenantCall<byte[]> {
        private final String tenant;
        private final String jobId;
        private final long jobKey;
        private final boolean result;
        private final byte[] bytes;
        private int received;

        /** @param begun the first bytes, which a reply held; the rest is fetched. */
        ReadAll(JobDraft.Content content, byte[] begun, long deadlineNs) {
            super(ShardMap.hash(content.tenant()), deadlineNs);
            this.tenant = content.tenant();
            this.jobId = content.jobId();
            this.jobKey = content.jobKey();
            this.result = content.isResult();
            this.bytes = Arrays.copyOf(begun, content.totalBytes());
            this.received = begun.length;
        }

        @Override
        long heldBytes() {
            return bytes.length;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.readBytes.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.jobKey(jobKey)
                    .chunkOffset(received)
                    .byteCount(Math.min(Bounds.CHUNK_BYTES_MAX, bytes.length - received))
                    .result((short) (result ? 1 : 0))
                    .tenant(tenant)
                    .jobId(jobId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onBytesReply(BytesReplyDecoder reply) {
            final int length = reply.chunkLength();
            if (reply.chunkOffset() != received || length == 0 || length > bytes.length - received) {
                fail(new SiloException(
                        RejectReason.PAYLOAD_CORRUPT,
                        "Expected bytes from " + received + " of " + bytes.length + ", but " + length + " came from "
                                + reply.chunkOffset() + "."));
                return;
            }
            reply.getChunk(bytes, received, length);
            received += length;
            if (received == bytes.length) {
                succeed(bytes);
            } else {
                again(0);
            }
        }
    }

    /** Reads what a task group has to do on one shard. A shard that is closed has nothing to do. */
    static final class GetTaskGroup extends Call<TaskGroup> {
        private final int shard;
        private final String tenant;
        private final String taskGroup;

        /** @param shard number on the node. */
        GetTaskGroup(int shard, String tenant, String taskGroup, long deadlineNs) {
            super(deadlineNs);
            this.shard = shard;
            this.tenant = tenant;
            this.taskGroup = taskGroup;
        }

        @Override
        ShardMap.@Nullable Target target(ShardMap map) {
            return map.targets().stream()
                    .filter(target -> target.shard() == shard)
                    .findFirst()
                    .orElse(null);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.getTaskGroup.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.tenant(tenant).taskGroup(taskGroup);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onTaskGroupReply(TaskGroupReplyDecoder reply) {
            succeed(new TaskGroup(
                    (int) reply.readyCount(),
                    (int) reply.leasedCount(),
                    reply.groupPaused() != 0,
                    reply.tenantPaused() != 0));
        }

        @Override
        public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
            if (reason == RejectReason.SHARD_CLOSED) {
                succeed(TaskGroup.NOTHING);
            } else {
                super.onError(correlationId, reason, code, retryAfterMs);
            }
        }
    }

    /** Done as soon as the shard map is known. */
    static final class AwaitMap extends Call<ShardMap> {
        private final long heldBytes;

        /** @param heldBytes of what is sent behind it. */
        AwaitMap(long heldBytes, long deadlineNs) {
            super(deadlineNs);
            this.heldBytes = heldBytes;
        }

        @Override
        long heldBytes() {
            return heldBytes;
        }

        @Override
        ShardMap.@Nullable Target target(ShardMap map) {
            succeed(map);
            return null;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            throw new IllegalStateException("never sent");
        }
    }
}
