package io.silo.simulation.model;

import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;

/**
 * What an enqueue fixes for ever, as its event says it. Immutable.
 *
 * @param chunkPosition record of the payload's last chunk; -1 = inline.
 * @param metadata keys and values in turn.
 * @param uniqueKey empty = none.
 * @param inlinePayload empty if the payload was uploaded.
 */
record JobDefinition(
        long jobKey,
        RequestId requestId,
        long enqueuedAtMs,
        long startAtMs,
        long chunkPosition,
        long chunkFirstPosition,
        RetryRule retry,
        long leaseMs,
        long maxRunMs,
        long startDeadlineMs,
        long payloadBytes,
        long payloadCrc,
        int priority,
        int payloadEncoding,
        List<ModelLimit> limits,
        List<String> metadata,
        String tenant,
        String taskGroup,
        String jobId,
        String uniqueKey,
        String inlinePayload) {
    private static final int TEXT_HEADER_BYTES = 2;
    private static final int BYTES_HEADER_BYTES = 4;

    static JobDefinition decode(DirectBuffer buffer, int offset) {
        final JobEnqueuedDecoder d = new JobEnqueuedDecoder();
        d.wrapAndApplyHeader(buffer, offset, new MessageHeaderDecoder());
        final List<ModelLimit> limits = new ArrayList<>();
        for (JobEnqueuedDecoder.LimitsDecoder limit : d.limits()) {
            limits.add(new ModelLimit(
                    Text.of(limit.keyLength(), limit::getKey),
                    limit.maxConcurrency(),
                    Text.of(limit.detailsLength(), limit::getDetails)));
        }
        final List<String> metadata = new ArrayList<>();
        for (JobEnqueuedDecoder.MetadataDecoder entry : d.metadata()) {
            metadata.add(Text.of(entry.keyLength(), entry::getKey));
            metadata.add(Text.of(entry.valueLength(), entry::getValue));
        }
        return new JobDefinition(
                d.jobKey(),
                new RequestId(d.requestIdHigh(), d.requestIdLow()),
                d.enqueuedAtMs(),
                d.startAtMs(),
                d.chunkPosition(),
                d.chunkFirstPosition(),
                new RetryRule(
                        d.retryCount(),
                        d.retryInitialIntervalMs(),
                        d.retryMaxIntervalMs(),
                        d.retryBackoffPermille(),
                        d.retryJitter()),
                d.leaseMs(),
                d.maxRunMs(),
                d.startDeadlineMs(),
                d.payloadBytes(),
                d.payloadCrc(),
                d.priority(),
                d.payloadEncodingRaw(),
                limits,
                metadata,
                Text.of(d.tenantLength(), d::getTenant),
                Text.of(d.taskGroupLength(), d::getTaskGroup),
                Text.of(d.jobIdLength(), d::getJobId),
                Text.of(d.uniqueKeyLength(), d::getUniqueKey),
                Text.of(d.payloadLength(), d::getPayload));
    }

    /** The same with its chunks elsewhere: carry-forward moves them. */
    JobDefinition at(long lastChunk, long firstChunk) {
        return new JobDefinition(
                jobKey,
                requestId,
                enqueuedAtMs,
                startAtMs,
                lastChunk,
                firstChunk,
                retry,
                leaseMs,
                maxRunMs,
                startDeadlineMs,
                payloadBytes,
                payloadCrc,
                priority,
                payloadEncoding,
                limits,
                metadata,
                tenant,
                taskGroup,
                jobId,
                uniqueKey,
                inlinePayload);
    }

    /** The same with another retry policy: importing again changes it, and nothing else. */
    JobDefinition with(RetryRule policy) {
        return new JobDefinition(
                jobKey,
                requestId,
                enqueuedAtMs,
                startAtMs,
                chunkPosition,
                chunkFirstPosition,
                policy,
                leaseMs,
                maxRunMs,
                startDeadlineMs,
                payloadBytes,
                payloadCrc,
                priority,
                payloadEncoding,
                limits,
                metadata,
                tenant,
                taskGroup,
                jobId,
                uniqueKey,
                inlinePayload);
    }

    /** The same of another job: what a firing makes of its template, or the template of what was wanted. */
    JobDefinition of(long key, String id, long enqueuedMs, long startMs, long latestStartMs) {
        return new JobDefinition(
                key,
                requestId,
                enqueuedMs,
                startMs,
                chunkPosition,
                chunkFirstPosition,
                retry,
                leaseMs,
                maxRunMs,
                latestStartMs,
                payloadBytes,
                payloadCrc,
                priority,
                payloadEncoding,
                limits,
                metadata,
                tenant,
                taskGroup,
                id,
                uniqueKey,
                inlinePayload);
    }

    /** Its limits by place, each key once and by its smallest maximum. */
    List<ModelLimit> limitsOnce() {
        final Map<String, ModelLimit> once = new LinkedHashMap<>();
        for (ModelLimit limit : limits) {
            once.merge(limit.id(), limit, (one, other) -> one.max() <= other.max() ? one : other);
        }
        return List.copyOf(once.values());
    }

    /** Bytes that a tenant's quota counts: of the event that defines the job, and of a payload that was uploaded. */
    long storedBytes() {
        long bytes = MessageHeaderDecoder.ENCODED_LENGTH + JobEnqueuedDecoder.BLOCK_LENGTH;
        bytes += JobEnqueuedDecoder.LimitsDecoder.sbeHeaderSize() + JobEnqueuedDecoder.MetadataDecoder.sbeHeaderSize();
        for (ModelLimit limit : limits) {
            bytes += JobEnqueuedDecoder.LimitsDecoder.sbeBlockLength()
                    + 2 * TEXT_HEADER_BYTES
                    + limit.key().length()
                    + limit.details().length();
        }
        bytes += metadata.size() / 2 * (long) JobEnqueuedDecoder.MetadataDecoder.sbeBlockLength();
        for (String text : metadata) {
            bytes += TEXT_HEADER_BYTES + text.length();
        }
        for (String text : List.of(tenant, taskGroup, jobId, uniqueKey)) {
            bytes += TEXT_HEADER_BYTES + text.length();
        }
        bytes += BYTES_HEADER_BYTES + inlinePayload.length();
        return bytes + (chunkPosition == -1 ? 0 : payloadBytes);
    }

    String name() {
        return nameOf(tenant, jobId);
    }

    /** Without the payload's bytes. */
    @Override
    public String toString() {
        return "definition " + jobKey + ' ' + tenant + '/' + taskGroup + '/' + jobId + ' ' + uniqueKey + ' ' + requestId
                + " at "
                + enqueuedAtMs + " start " + startAtMs + " chunks " + chunkFirstPosition + '-' + chunkPosition + ' '
                + retry + " lease " + leaseMs + " run " + maxRunMs + " by " + startDeadlineMs + " payload "
                + payloadBytes + ' ' + payloadCrc + ' ' + payloadEncoding
                + " priority " + priority + ' ' + metadata + ' ' + limits;
    }

    /** Key of a job in its shard. */
    static String nameOf(String tenant, String jobId) {
        return tenant + '\u0100' + jobId;
    }
}
