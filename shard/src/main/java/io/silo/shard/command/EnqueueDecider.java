package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.TextRules;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.EnqueueDecoder.ItemsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PayloadEncoding;
import io.silo.protocol.reply.EnqueueReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Enqueue: JobEnqueued for each item that is accepted. An id that exists is refused, unless the same request made it: then the
 * answer is the first one's.
 */
final class EnqueueDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder command = new EnqueueDecoder();
    private final EnqueueReplyEncoder reply = new EnqueueReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final JobEnqueuedEncoder event = new JobEnqueuedEncoder();

    // Offsets of the item at hand in the command's buffer.
    private int metadataOffset;
    private int tenantOffset;
    private int tenantLength;
    private int taskGroupOffset;
    private int taskGroupLength;
    private int idOffset;
    private int idLength;
    private int payloadLength;
    private int itemEnd;
    private @Nullable RejectReason metadataRefusal;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final ItemsDecoder items = command.items();
        RejectReason refusal = context.refusalOfNewWork();
        if (refusal == null && items.count() > Bounds.BATCH_ITEMS_MAX) {
            refusal = RejectReason.BATCH_TOO_LARGE;
        }
        if (refusal == null && !context.view().hasRoomForJobs(items.count())) {
            refusal = RejectReason.MEMORY_FULL;
        }
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final EnqueueReplyEncoder.ResultsEncoder results = reply.resultsCount(items.count());
        while (items.hasNext()) {
            items.next();
            parse(buffer, items);
            decideItem(context, buffer, items, results.next());
        }
        context.replied(reply.limit());
    }

    /** Walks the item's variable part once: SBE lets it be read in order only. */
    private void parse(DirectBuffer buffer, ItemsDecoder item) {
        metadataOffset = command.limit();
        metadataRefusal = null;
        int metadataBytes = 0;
        final ItemsDecoder.MetadataDecoder metadata = item.metadata();
        if (metadata.count() > Bounds.METADATA_ENTRIES_MAX) {
            metadataRefusal = RejectReason.TOO_MANY_METADATA_ENTRIES;
        }
        while (metadata.hasNext()) {
            metadata.next();
            final int keyLength = metadata.keyLength();
            final int keyOffset = command.limit() + ItemsDecoder.MetadataDecoder.keyHeaderLength();
            metadata.skipKey();
            final int valueLength = metadata.valueLength();
            final int valueOffset = command.limit() + ItemsDecoder.MetadataDecoder.valueHeaderLength();
            metadata.skipValue();
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
        tenantLength = item.tenantLength();
        tenantOffset = command.limit() + ItemsDecoder.tenantHeaderLength();
        item.skipTenant();
        taskGroupLength = item.taskGroupLength();
        taskGroupOffset = command.limit() + ItemsDecoder.taskGroupHeaderLength();
        item.skipTaskGroup();
        idLength = item.jobIdLength();
        idOffset = command.limit() + ItemsDecoder.jobIdHeaderLength();
        item.skipJobId();
        payloadLength = item.payloadLength();
        item.skipPayload();
        itemEnd = command.limit();
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

    private void decideItem(
            CommandContext context, DirectBuffer buffer, ItemsDecoder item, EnqueueReplyEncoder.ResultsEncoder result) {
        final RejectReason refusal = refusal(context, buffer, item);
        if (refusal != null) {
            result.jobKey(0).code(refusal.code());
            return;
        }
        final JobView jobs = context.view().jobs();
        final int existing = tenantLength == 0
                ? jobs.find(NameChecks.noTenant(), 0, NameChecks.noTenant().capacity(), buffer, idOffset, idLength)
                : jobs.find(buffer, tenantOffset, tenantLength, buffer, idOffset, idLength);
        // [SILO-ENQ-1]
        if (existing != RowSlab.NULL_SLOT) {
            final boolean isRepeat = (item.requestIdHigh() | item.requestIdLow()) != 0
                    && jobs.requestIdHigh(existing) == item.requestIdHigh()
                    && jobs.requestIdLow(existing) == item.requestIdLow();
            context.touch(jobs.definitionPosition(existing));
            result.jobKey(isRepeat ? jobs.jobKey(existing) : 0)
                    .code(isRepeat ? RejectReason.OK : RejectReason.JOB_EXISTS.code());
            return;
        }
        if (!context.view().hasRoomForNames() && !areNamesKnown(context, buffer)) {
            result.jobKey(0).code(RejectReason.MEMORY_FULL.code());
            return;
        }
        Uploads.@Nullable Upload upload = null;
        if (item.uploadId() != 0) {
            upload = context.uploads().find(context.session().id(), item.uploadId());
            if (upload == null || !upload.isComplete()) {
                result.jobKey(0).code(RejectReason.UPLOAD_NOT_FOUND.code());
                return;
            }
        }
        final long jobKey = context.view().nextJobKey();
        write(context, buffer, item, jobKey, upload);
        if (upload != null) {
            context.uploads().remove(upload);
        }
        result.jobKey(jobKey).code(RejectReason.OK);
    }

    private boolean areNamesKnown(CommandContext context, DirectBuffer buffer) {
        final DirectBuffer none = NameChecks.noTenant();
        final int tenant = tenantLength == 0
                ? context.view().findTenant(none, 0, none.capacity())
                : context.view().findTenant(buffer, tenantOffset, tenantLength);
        return tenant >= 0 && context.view().findTaskGroup(buffer, taskGroupOffset, taskGroupLength) >= 0;
    }

    /** Checks in the order of {@link RejectReason}. */
    private @Nullable RejectReason refusal(CommandContext context, DirectBuffer buffer, ItemsDecoder item) {
        if (item.payloadEncodingRaw() > PayloadEncoding.MSGPACK.value()) {
            return RejectReason.MALFORMED_FRAME;
        }
        RejectReason refusal =
                NameChecks.tenant(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
        if (refusal == null && item.priority() > Bounds.PRIORITY_MAX) {
            refusal = RejectReason.PRIORITY_OUT_OF_RANGE;
        }
        if (refusal == null) {
            refusal = metadataRefusal;
        }
        if (refusal == null) {
            refusal = NameChecks.taskGroup(buffer, taskGroupOffset, taskGroupLength);
        }
        if (refusal == null) {
            refusal = NameChecks.jobId(buffer, idOffset, idLength);
        }
        if (refusal == null && payloadLength > Bounds.INLINE_BYTES_MAX) {
            refusal = RejectReason.PAYLOAD_TOO_LARGE;
        }
        if (refusal == null && !isRetryPolicyGood(item)) {
            refusal = RejectReason.INVALID_RETRY_POLICY;
        }
        if (refusal == null
                && item.leaseMs() != 0
                && (item.leaseMs() < Bounds.LEASE_MS_MIN || item.leaseMs() > Bounds.LEASE_MS_MAX)) {
            refusal = RejectReason.INVALID_LEASE_DURATION;
        }
        if (refusal == null && (item.startAtMs() < 0 || item.startAtMs() > Bounds.START_AT_MS_MAX)) {
            refusal = RejectReason.INVALID_START_TIME;
        }
        if (refusal == null && item.uploadId() != 0 && payloadLength > 0) {
            // Two payloads: neither is the one that was meant.
            refusal = RejectReason.INVALID_UPLOAD;
        }
        return refusal;
    }

    /** Nonsense is refused: a cap below the first delay, a shrinking factor, delays that are not there. */
    private static boolean isRetryPolicyGood(ItemsDecoder item) {
        if (item.retryCount() == 0) {
            return true;
        }
        return item.retryCount() <= Bounds.RETRY_COUNT_MAX
                && item.retryInitialIntervalMs() >= 0
                && item.retryInitialIntervalMs() <= Bounds.RETRY_INTERVAL_MS_MAX
                && item.retryMaxIntervalMs() >= 0
                && item.retryMaxIntervalMs() <= Bounds.RETRY_INTERVAL_MS_MAX
                && (item.retryMaxIntervalMs() == 0 || item.retryMaxIntervalMs() >= item.retryInitialIntervalMs())
                && item.retryBackoffPermille() >= 1_000
                && item.retryBackoffPermille() <= Bounds.RETRY_BACKOFF_PERMILLE_MAX
                && item.retryJitter() <= 1;
    }

    private void write(
            CommandContext context,
            DirectBuffer buffer,
            ItemsDecoder item,
            long jobKey,
            Uploads.@Nullable Upload upload) {
        final RecordBuffer record = context.record();
        final MutableDirectBuffer target = record.buffer();
        final long nowMs = context.nowMs();
        event.wrapAndApplyHeader(target, record.offset(), eventHeader)
                .jobKey(jobKey)
                .requestIdHigh(item.requestIdHigh())
                .requestIdLow(item.requestIdLow())
                .enqueuedAtMs(nowMs)
                .startAtMs(item.startAtMs() == 0 ? nowMs : item.startAtMs())
                .chunkPosition(upload == null ? EventLog.NULL_POSITION : upload.lastPosition)
                .chunkFirstPosition(upload == null ? EventLog.NULL_POSITION : upload.firstPosition)
                .retryInitialIntervalMs(item.retryInitialIntervalMs())
                .retryMaxIntervalMs(item.retryMaxIntervalMs())
                .retryCount(item.retryCount())
                .retryBackoffPermille(item.retryBackoffPermille())
                .leaseMs(item.leaseMs())
                .payloadBytes(upload == null ? payloadLength : upload.totalBytes)
                .priority(item.priority())
                .retryJitter(item.retryJitter())
                .payloadEncoding(PayloadEncoding.get(item.payloadEncodingRaw()));
        // Metadata, tenant, task group, id and payload have one layout in command and event: they are copied as they
        // are, but for
        // a tenant that was left out.
        int at = event.limit();
        if (tenantLength == 0) {
            final int metadataLength = tenantOffset - ItemsDecoder.tenantHeaderLength() - metadataOffset;
            target.putBytes(at, buffer, metadataOffset, metadataLength);
            event.limit(at + metadataLength);
            event.putTenant(NameChecks.noTenant(), 0, NameChecks.noTenant().capacity());
            at = event.limit();
            target.putBytes(at, buffer, tenantOffset, itemEnd - tenantOffset);
            at += itemEnd - tenantOffset;
        } else {
            target.putBytes(at, buffer, metadataOffset, itemEnd - metadataOffset);
            at += itemEnd - metadataOffset;
        }
        final int crc = upload == null ? record.crc32c(at - payloadLength, payloadLength) : upload.crc();
        event.payloadCrc(Integer.toUnsignedLong(crc));
        record.commit(at);
    }
}
