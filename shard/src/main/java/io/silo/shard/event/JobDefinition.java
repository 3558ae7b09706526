package io.silo.shard.event;

import io.silo.log.EventLog;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.limit.FloatingLimitDecoder;
import io.silo.protocol.limit.RateLimitDecoder;
import io.silo.shard.state.JobLimits;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** Reads a JobEnqueued event into the state: by itself, or inside an image. Shard thread only; does not allocate. */
final class JobDefinition {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobEnqueuedDecoder decoder = new JobEnqueuedDecoder();
    private final io.silo.protocol.limit.MessageHeaderDecoder limitHeader =
            new io.silo.protocol.limit.MessageHeaderDecoder();
    private final RateLimitDecoder rate = new RateLimitDecoder();
    private int tenantOffset;
    private int tenantLength;
    private int groupOffset;
    private int groupLength;
    private int idOffset;
    private int idLength;

    JobEnqueuedDecoder wrap(DirectBuffer buffer, int offset) {
        return decoder.wrapAndApplyHeader(buffer, offset, header);
    }

    /** Where the job at {@code offset} will be inserted, as {@link io.silo.shard.state.JobView#place}. */
    long place(ShardState state, DirectBuffer buffer, int offset) {
        wrap(buffer, offset);
        JobLimits.skip(decoder);
        locateNames();
        return state.jobs().place(buffer, tenantOffset, tenantLength, buffer, idOffset, idLength);
    }

    private void locateNames() {
        final JobEnqueuedDecoder.MetadataDecoder metadata = decoder.metadata();
        while (metadata.hasNext()) {
            metadata.next();
            metadata.skipKey();
            metadata.skipValue();
        }
        tenantLength = decoder.tenantLength();
        tenantOffset = decoder.limit() + JobEnqueuedDecoder.tenantHeaderLength();
        decoder.skipTenant();
        groupLength = decoder.taskGroupLength();
        groupOffset = decoder.limit() + JobEnqueuedDecoder.taskGroupHeaderLength();
        decoder.skipTaskGroup();
        idLength = decoder.jobIdLength();
        idOffset = decoder.limit() + JobEnqueuedDecoder.jobIdHeaderLength();
    }

    /** Inserts the wrapped job; its settings are in, its schedule is not. */
    int insert(ShardState state, DirectBuffer buffer) {
        final int limitsAt = decoder.limit();
        final int limitCount = JobLimits.skip(decoder);
        final int metadataAt = decoder.limit();
        locateNames();
        final int slot = state.jobEnqueued(
                decoder.jobKey(), buffer, tenantOffset, tenantLength, groupOffset, groupLength, idOffset, idLength);
        final int policy = state.retryPolicy(
                (int) decoder.retryCount(),
                decoder.retryInitialIntervalMs(),
                decoder.retryMaxIntervalMs(),
                (int) decoder.retryBackoffPermille(),
                decoder.retryJitter() != 0);
        state.jobSettings(
                slot,
                decoder.priority(),
                policy,
                (int) decoder.leaseMs(),
                (int) decoder.maxRunMs(),
                decoder.startDeadlineMs(),
                decoder.requestIdHigh(),
                decoder.requestIdLow());
        if (decoder.chunkPosition() != EventLog.NULL_POSITION) {
            state.jobUploaded(slot, (int) decoder.payloadBytes());
        }
        decoder.skipJobId();
        final int keyLength = decoder.uniqueKeyLength();
        if (keyLength > 0) {
            final int keyOffset = decoder.limit() + JobEnqueuedDecoder.uniqueKeyHeaderLength();
            state.jobUniqueKey(slot, buffer, keyOffset, keyLength);
        }
        decoder.limit(metadataAt);
        addMetadata(state, slot, buffer);
        if (limitCount > 0) {
            decoder.limit(limitsAt);
            addLimits(state, slot, buffer);
        }
        return slot;
    }

    private void addMetadata(ShardState state, int slot, DirectBuffer buffer) {
        for (final JobEnqueuedDecoder.MetadataDecoder entry = decoder.metadata(); entry.hasNext(); ) {
            entry.next();
            final int keyLength = entry.keyLength();
            final int keyOffset = decoder.limit() + JobEnqueuedDecoder.MetadataDecoder.keyHeaderLength();
            entry.skipKey();
            final int valueLength = entry.valueLength();
            final int valueOffset = decoder.limit() + JobEnqueuedDecoder.MetadataDecoder.valueHeaderLength();
            entry.skipValue();
            state.jobMetadata(slot, buffer, keyOffset, keyLength, valueOffset, valueLength);
        }
    }

    private void addLimits(ShardState state, int slot, DirectBuffer buffer) {
        for (final JobEnqueuedDecoder.LimitsDecoder limit = decoder.limits(); limit.hasNext(); ) {
            limit.next();
            final int keyLength = limit.keyLength();
            final int keyOffset = decoder.limit() + JobEnqueuedDecoder.LimitsDecoder.keyHeaderLength();
            limit.skipKey();
            if (limit.detailsLength() == 0) {
                state.limitChanges().jobLimit(slot, buffer, keyOffset, keyLength, (int) limit.maxConcurrency());
            } else if (limitHeader
                            .wrap(buffer, decoder.limit() + JobEnqueuedDecoder.LimitsDecoder.detailsHeaderLength())
                            .templateId()
                    == FloatingLimitDecoder.TEMPLATE_ID) {
                state.limitChanges().jobFloatingLimit(slot, buffer, keyOffset, keyLength, (int) limit.maxConcurrency());
            } else {
                rate.wrapAndApplyHeader(
                        buffer, decoder.limit() + JobEnqueuedDecoder.LimitsDecoder.detailsHeaderLength(), limitHeader);
                final int nameLength = rate.nameLength();
                final int nameOffset = rate.limit() + RateLimitDecoder.nameHeaderLength();
                state.limitChanges()
                        .of(buffer, nameOffset, nameLength, buffer, keyOffset, keyLength)
                        .jobLimit(slot, rate);
            }
            limit.skipDetails();
        }
    }
}
