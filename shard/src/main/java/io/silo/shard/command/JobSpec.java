package io.silo.shard.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.TextRules;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.ImportJobsDecoder;
import io.silo.protocol.command.PutScheduleDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A job as a command asks for it, of an Enqueue or an ImportJobs item: checked, looked up, and written as a JobEnqueued event. Names
 * and bytes stay where they lie in the command. One per decider, filled anew for each item; does not allocate.
 */
final class JobSpec {
    private static final int GROUP_HEADER_BYTES = 4;
    private static final int TEXT_HEADER_BYTES = 2;
    private static final int BYTES_HEADER_BYTES = 4;

    long requestIdHigh;
    long requestIdLow;
    /** 0 = now. */
    long enqueuedAtMs;

    long startAtMs;
    long startDeadlineMs;
    long uploadId;
    long retryInitialIntervalMs;
    long retryMaxIntervalMs;
    long retryCount;
    long retryBackoffPermille;
    long leaseMs;
    long maxRunMs;
    short priority;
    short retryJitter;
    short payloadEncoding;

    /** Its id is that of a schedule, which has rules of its own. */
    private boolean isTemplate;

    // Where the names lie in the command's buffer.
    int tenantOffset;
    int tenantLength;
    int taskGroupOffset;
    int taskGroupLength;
    int idOffset;
    int idLength;
    int uniqueKeyOffset;
    int uniqueKeyLength;
    int payloadLength;
    private final RateLimitChecks rateLimits = new RateLimitChecks();
    private final FloatingLimitChecks floatingLimits = new FloatingLimitChecks();
    private int limitCount;
    private int limitsOffset;
    private int end;
    private @Nullable RejectReason metadataRefusal;
    private @Nullable RejectReason limitRefusal;

    /** Takes the fixed fields of an item; {@link #names} must follow. */
    void set(EnqueueDecoder.ItemsDecoder item) {
        requestIdHigh = item.requestIdHigh();
        requestIdLow = item.requestIdLow();
        enqueuedAtMs = 0;
        startAtMs = item.startAtMs();
        startDeadlineMs = item.startDeadlineMs();
        uploadId = item.uploadId();
        retryInitialIntervalMs = item.retryInitialIntervalMs();
        retryMaxIntervalMs = item.retryMaxIntervalMs();
        retryCount = item.retryCount();
        retryBackoffPermille = item.retryBackoffPermille();
        leaseMs = item.leaseMs();
        maxRunMs = item.maxRunMs();
        priority = item.priority();
        retryJitter = item.retryJitter();
        payloadEncoding = item.payloadEncodingRaw();
    }

    /** As the other; an import has no request id. */
    void set(ImportJobsDecoder.ItemsDecoder item) {
        requestIdHigh = 0;
        requestIdLow = 0;
        enqueuedAtMs = item.enqueuedAtMs();
        startAtMs = item.startAtMs();
        startDeadlineMs = item.startDeadlineMs();
        uploadId = item.uploadId();
        retryInitialIntervalMs = item.retryInitialIntervalMs();
        retryMaxIntervalMs = item.retryMaxIntervalMs();
        retryCount = item.retryCount();
        retryBackoffPermille = item.retryBackoffPermille();
        leaseMs = item.leaseMs();
        maxRunMs = item.maxRunMs();
        priority = item.priority();
        retryJitter = item.retryJitter();
        payloadEncoding = item.payloadEncodingRaw();
    }

    /** The template of a schedule's jobs: no request, start or latest start of its own. */
    void set(PutScheduleDecoder command) {
        isTemplate = true;
        requestIdHigh = 0;
        requestIdLow = 0;
        enqueuedAtMs = 0;
        startAtMs = 0;
        startDeadlineMs = 0;
        uploadId = 0;
        retryInitialIntervalMs = command.retryInitialIntervalMs();
        retryMaxIntervalMs = command.retryMaxIntervalMs();
        retryCount = command.retryCount();
        retryBackoffPermille = command.retryBackoffPermille();
        leaseMs = command.leaseMs();
        maxRunMs = command.maxRunMs();
        priority = command.priority();
        retryJitter = command.retryJitter();
        payloadEncoding = command.payloadEncodingRaw();
    }

    /**
     * Walks limits, metadata, tenant, task group, job id, unique key and payload, which have one layout in both commands and in the
     * event.
     *
     * @param offset of the group of limits.
     * @return offset behind the payload.
     */
    int names(DirectBuffer buffer, int offset) {
        limitsOffset = offset;
        int at = metadata(buffer, limits(buffer, offset));
        tenantLength = unsignedShort(buffer, at);
        tenantOffset = at + TEXT_HEADER_BYTES;
        taskGroupLength = unsignedShort(buffer, tenantOffset + tenantLength);
        taskGroupOffset = tenantOffset + tenantLength + TEXT_HEADER_BYTES;
        idLength = unsignedShort(buffer, taskGroupOffset + taskGroupLength);
        idOffset = taskGroupOffset + taskGroupLength + TEXT_HEADER_BYTES;
        uniqueKeyLength = unsignedShort(buffer, idOffset + idLength);
        uniqueKeyOffset = idOffset + idLength + TEXT_HEADER_BYTES;
        payloadLength = buffer.getInt(uniqueKeyOffset + uniqueKeyLength, LITTLE_ENDIAN);
        end = uniqueKeyOffset + uniqueKeyLength + BYTES_HEADER_BYTES + payloadLength;
        return end;
    }

    /** Walks the limits and returns the offset behind them. */
    private int limits(DirectBuffer buffer, int offset) {
        final int blockLength = unsignedShort(buffer, offset);
        limitCount = unsignedShort(buffer, offset + 2);
        limitRefusal = limitCount > Bounds.LIMITS_MAX ? RejectReason.INVALID_JOB_LIMIT : null;
        rateLimits.begin();
        floatingLimits.begin();
        int at = offset + GROUP_HEADER_BYTES;
        for (int i = 0; i < limitCount; i++) {
            // The block's first field.
            final boolean isMaxGood = buffer.getInt(at, LITTLE_ENDIAN) >= 0;
            at += blockLength;
            final int keyLength = unsignedShort(buffer, at);
            final int keyOffset = at + TEXT_HEADER_BYTES;
            if (!isMaxGood || !NameChecks.isLimitKey(buffer, keyOffset, keyLength)) {
                limitRefusal = RejectReason.INVALID_JOB_LIMIT;
            }
            at = keyOffset + keyLength;
            final int detailsLength = unsignedShort(buffer, at);
            at += TEXT_HEADER_BYTES;
            if (limitRefusal != RejectReason.INVALID_JOB_LIMIT) {
                final RejectReason refusal = kindRefusal(buffer, keyOffset, keyLength, at, detailsLength);
                final boolean isEarlier =
                        refusal != null && (limitRefusal == null || refusal.compareTo(limitRefusal) < 0);
                limitRefusal = isEarlier ? refusal : limitRefusal;
            }
            at += detailsLength;
        }
        return at;
    }

    private @Nullable RejectReason kindRefusal(
            DirectBuffer buffer, int keyOffset, int keyLength, int detailsOffset, int detailsLength) {
        final boolean isFloating = FloatingLimitChecks.isFloating(buffer, detailsOffset, detailsLength);
        if (detailsLength > 0 && !isFloating) {
            return rateLimits.isGood(buffer, keyOffset, keyLength, detailsOffset, detailsLength)
                    ? null
                    : RejectReason.INVALID_RATE_LIMIT;
        }
        final boolean isGood = (!isFloating || floatingLimits.isGood(buffer, detailsOffset, detailsLength))
                && floatingLimits.isKeyGood(isFloating, buffer, keyOffset, keyLength);
        return isGood ? null : RejectReason.INVALID_FLOATING_LIMIT;
    }

    /** Walks the metadata and returns the offset behind it. */
    private int metadata(DirectBuffer buffer, int offset) {
        metadataRefusal = null;
        final int blockLength = unsignedShort(buffer, offset);
        final int entries = unsignedShort(buffer, offset + 2);
        int at = offset + GROUP_HEADER_BYTES;
        if (entries > Bounds.METADATA_ENTRIES_MAX) {
            metadataRefusal = RejectReason.TOO_MANY_METADATA_ENTRIES;
        }
        int metadataBytes = 0;
        for (int i = 0; i < entries; i++) {
            at += blockLength;
            final int keyLength = unsignedShort(buffer, at);
            final int keyOffset = at + TEXT_HEADER_BYTES;
            final int valueLength = unsignedShort(buffer, keyOffset + keyLength);
            final int valueOffset = keyOffset + keyLength + TEXT_HEADER_BYTES;
            at = valueOffset + valueLength;
            metadataBytes += keyLength + valueLength;
            final RejectReason refusal = metadataRefusal(buffer, keyOffset, keyLength, valueOffset, valueLength);
            if (refusal != null && (metadataRefusal == null || refusal.compareTo(metadataRefusal) < 0)) {
                metadataRefusal = refusal;
            }
        }
        if (metadataBytes > Bounds.METADATA_BYTES_MAX
                && (metadataRefusal == null || metadataRefusal == RejectReason.INVALID_METADATA)) {
            metadataRefusal = RejectReason.METADATA_TOO_LARGE;
        }
        return at;
    }

    /** Offset behind the payload. */
    int endOffset() {
        return end;
    }

    private static int unsignedShort(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset, LITTLE_ENDIAN) & 0xFFFF;
    }

    private static @Nullable RejectReason metadataRefusal(
            DirectBuffer buffer, int keyOffset, int keyLength, int valueOffset, int valueLength) {
        final int keyCharacters = TextRules.charactersOfValue(buffer, keyOffset, keyLength);
        if (keyCharacters > Bounds.METADATA_KEY_CHARACTERS_MAX) {
            return RejectReason.METADATA_KEY_TOO_LONG;
        }
        if (valueLength > Bounds.METADATA_VALUE_BYTES_MAX) {
            return RejectReason.METADATA_VALUE_TOO_LONG;
        }
        return keyCharacters == TextRules.INVALID
                        || TextRules.charactersOfValue(buffer, valueOffset, valueLength) == TextRules.INVALID
                ? RejectReason.INVALID_METADATA
                : null;
    }

    /** What is wrong with the job, checked in the order of {@link RejectReason}; null if nothing is. */
    @Nullable
    RejectReason refusal(CommandContext context, DirectBuffer buffer) {
        if (payloadEncoding > PayloadEncoding.MSGPACK.value()) {
            return RejectReason.MALFORMED_FRAME;
        }
        RejectReason refusal =
                NameChecks.tenant(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
        if (refusal == null && priority > Bounds.PRIORITY_MAX) {
            refusal = RejectReason.PRIORITY_OUT_OF_RANGE;
        }
        if (refusal == null) {
            refusal = metadataRefusal;
        }
        if (refusal == null) {
            refusal = NameChecks.taskGroup(buffer, taskGroupOffset, taskGroupLength);
        }
        if (refusal == null && !isTemplate) {
            refusal = NameChecks.jobId(buffer, idOffset, idLength);
        }
        if (refusal == null && payloadLength > Bounds.INLINE_BYTES_MAX) {
            refusal = RejectReason.PAYLOAD_TOO_LARGE;
        }
        if (refusal == null && !isRetryPolicyGood()) {
            refusal = RejectReason.INVALID_RETRY_POLICY;
        }
        return refusal != null ? refusal : timesRefusal();
    }

    /** What is wrong with unique key or limits; behind all else that may be wrong with an item. */
    @Nullable
    RejectReason keysRefusal(DirectBuffer buffer) {
        final RejectReason refusal = uniqueKeyRefusal(buffer);
        return refusal != null ? refusal : limitRefusal;
    }

    @Nullable
    RejectReason uniqueKeyRefusal(DirectBuffer buffer) {
        return NameChecks.uniqueKey(buffer, uniqueKeyOffset, uniqueKeyLength);
    }

    /** What is wrong with the limits. */
    @Nullable
    RejectReason limitRefusal() {
        return limitRefusal;
    }

    private @Nullable RejectReason timesRefusal() {
        if (leaseMs != 0 && (leaseMs < Bounds.LEASE_MS_MIN || leaseMs > Bounds.LEASE_MS_MAX)) {
            return RejectReason.INVALID_LEASE_DURATION;
        }
        if (startAtMs < 0
                || startAtMs > Bounds.START_AT_MS_MAX
                || enqueuedAtMs < 0
                || enqueuedAtMs > Bounds.START_AT_MS_MAX) {
            return RejectReason.INVALID_START_TIME;
        }
        if (uploadId != 0 && payloadLength > 0) {
            // Two payloads: neither is the one that was meant.
            return RejectReason.INVALID_UPLOAD;
        }
        if (startDeadlineMs != 0 && (startDeadlineMs < startAtMs || startDeadlineMs > Bounds.START_AT_MS_MAX)) {
            return RejectReason.INVALID_START_DEADLINE;
        }
        if (maxRunMs != 0 && (maxRunMs < Bounds.LEASE_MS_MIN || maxRunMs > Bounds.MAX_RUN_MS_MAX)) {
            return RejectReason.INVALID_MAX_RUN;
        }
        return null;
    }

    /** Nonsense is refused: a cap below the first delay, a shrinking factor, delays that are not there. */
    private boolean isRetryPolicyGood() {
        if (retryCount == 0) {
            return true;
        }
        return retryCount <= Bounds.RETRY_COUNT_MAX
                && retryInitialIntervalMs >= 0
                && retryInitialIntervalMs <= Bounds.RETRY_INTERVAL_MS_MAX
                && retryMaxIntervalMs >= 0
                && retryMaxIntervalMs <= Bounds.RETRY_INTERVAL_MS_MAX
                && (retryMaxIntervalMs == 0 || retryMaxIntervalMs >= retryInitialIntervalMs)
                && retryBackoffPermille >= 1_000
                && retryBackoffPermille <= Bounds.RETRY_BACKOFF_PERMILLE_MAX
                && retryJitter <= 1;
    }

    /** Whether no start can be in time. Not a question to a request that was answered before. */
    boolean isTooLate(long nowMs) {
        return startDeadlineMs != 0 && startDeadlineMs < nowMs;
    }

    /** Slot of the job with this tenant and id, or {@link RowSlab#NULL_SLOT}. */
    int find(CommandContext context, DirectBuffer buffer) {
        return JobLookup.slot(context, buffer, tenantOffset, tenantLength, idOffset, idLength);
    }

    /** Slot of the job that has this tenant's unique key and has not ended, or {@link RowSlab#NULL_SLOT}. */
    int findHolder(CommandContext context, DirectBuffer buffer) {
        if (uniqueKeyLength == 0) {
            return RowSlab.NULL_SLOT;
        }
        final DirectBuffer none = NameChecks.noTenant();
        final JobView jobs = context.view().jobs();
        return tenantLength == 0
                ? jobs.findUnique(none, 0, none.capacity(), buffer, uniqueKeyOffset, uniqueKeyLength)
                : jobs.findUnique(buffer, tenantOffset, tenantLength, buffer, uniqueKeyOffset, uniqueKeyLength);
    }

    /** Why the quotas of its tenant let the job not come, or null: then an enqueue was taken from this second's. */
    @Nullable
    RejectReason quotaRefusal(CommandContext context, DirectBuffer buffer, Uploads.@Nullable Upload upload) {
        if (context.view().tenantSettings().count() == 0) {
            return null;
        }
        final DirectBuffer none = NameChecks.noTenant();
        final int tenant = tenantLength == 0
                ? context.view().findTenant(none, 0, none.capacity())
                : context.view().findTenant(buffer, tenantOffset, tenantLength);
        final int bytes = MessageHeaderEncoder.ENCODED_LENGTH
                + JobEnqueuedEncoder.BLOCK_LENGTH
                + (end - limitsOffset)
                + (tenantLength == 0 ? none.capacity() : 0);
        return TenantQuotas.refusalOfNew(context, tenant, bytes + (upload == null ? 0L : upload.totalBytes));
    }

    /** Whether the job's tenant and task group are known, or new ones find room, and its limits too. */
    boolean haveNamesRoom(CommandContext context, DirectBuffer buffer) {
        if (limitCount > 0 && !context.view().hasRoomForLimits(limitCount)) {
            return false;
        }
        if (context.view().hasRoomForNames()) {
            return true;
        }
        final DirectBuffer none = NameChecks.noTenant();
        final int tenant = tenantLength == 0
                ? context.view().findTenant(none, 0, none.capacity())
                : context.view().findTenant(buffer, tenantOffset, tenantLength);
        return tenant >= 0 && context.view().findTaskGroup(buffer, taskGroupOffset, taskGroupLength) >= 0;
    }

    /**
     * Encodes the JobEnqueued event whose message header the caller has written.
     *
     * @return offset behind it.
     */
    int encode(
            CommandContext context,
            JobEnqueuedEncoder event,
            DirectBuffer buffer,
            long jobKey,
            Uploads.@Nullable Upload upload) {
        final RecordBuffer record = context.record();
        final MutableDirectBuffer target = record.buffer();
        final long nowMs = context.nowMs();
        event.jobKey(jobKey)
                .requestIdHigh(requestIdHigh)
                .requestIdLow(requestIdLow)
                .enqueuedAtMs(enqueuedAtMs == 0 ? nowMs : enqueuedAtMs)
                .startAtMs(startAtMs == 0 ? nowMs : startAtMs)
                .chunkPosition(upload == null ? EventLog.NULL_POSITION : upload.lastPosition)
                .chunkFirstPosition(upload == null ? EventLog.NULL_POSITION : upload.firstPosition)
                .retryInitialIntervalMs(retryInitialIntervalMs)
                .retryMaxIntervalMs(retryMaxIntervalMs)
                .retryCount(retryCount)
                .retryBackoffPermille(retryBackoffPermille)
                .startDeadlineMs(startDeadlineMs)
                .leaseMs(leaseMs)
                .maxRunMs(maxRunMs)
                .payloadBytes(upload == null ? payloadLength : upload.totalBytes)
                .priority(priority)
                .retryJitter(retryJitter)
                .payloadEncoding(PayloadEncoding.get(payloadEncoding));
        // One layout in command and event: the names are copied as they are, but for a tenant that was left out.
        int at = event.limit();
        if (tenantLength == 0) {
            final int groupsLength = tenantOffset - TEXT_HEADER_BYTES - limitsOffset;
            target.putBytes(at, buffer, limitsOffset, groupsLength);
            event.limit(at + groupsLength);
            event.putTenant(NameChecks.noTenant(), 0, NameChecks.noTenant().capacity());
            at = event.limit();
            target.putBytes(at, buffer, tenantOffset, end - tenantOffset);
            at += end - tenantOffset;
        } else {
            target.putBytes(at, buffer, limitsOffset, end - limitsOffset);
            at += end - limitsOffset;
        }
        final int crc = upload == null ? record.crc32c(at - payloadLength, payloadLength) : upload.crc();
        event.payloadCrc(Integer.toUnsignedLong(crc));
        return at;
    }
}
