package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Xxh64;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.EnqueueDecoder.ItemsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.reply.EnqueueReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Enqueue: JobEnqueued for each item that is accepted. An id that exists is refused, unless the same request made it: then the
 * answer is the first one's, also for a while after the job was deleted. A unique key that a job holds is refused with that job's id.
 */
final class EnqueueDecider implements CommandDecider {
    /** One holder in the reply without its id, rounded up. */
    private static final int HELD_BYTES = 8;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EnqueueDecoder command = new EnqueueDecoder();
    private final EnqueueReplyEncoder reply = new EnqueueReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final JobEnqueuedEncoder event = new JobEnqueuedEncoder();
    private final JobSpec spec = new JobSpec();
    private final UnsafeBuffer holderId = new UnsafeBuffer(0, 0);
    private final int[] heldItems = new int[Bounds.BATCH_ITEMS_MAX];
    private final int[] holders = new int[Bounds.BATCH_ITEMS_MAX];
    private int heldCount;

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
        heldCount = 0;
        for (int index = 0; items.hasNext(); index++) {
            items.next();
            spec.set(items);
            command.limit(spec.names(buffer, command.limit()));
            decideItem(context, buffer, index, results.next());
        }
        tellHolders(context);
        context.replied(reply.limit());
    }

    private void decideItem(
            CommandContext context, DirectBuffer buffer, int index, EnqueueReplyEncoder.ResultsEncoder result) {
        RejectReason refusal = spec.refusal(context, buffer);
        refusal = refusal != null ? refusal : spec.keysRefusal(buffer);
        if (refusal != null) {
            result.jobKey(0).code(refusal.code());
            return;
        }
        final JobView jobs = context.view().jobs();
        final boolean hasRequestId = (spec.requestIdHigh | spec.requestIdLow) != 0;
        final int existing = spec.find(context, buffer);
        // [SILO-ENQ-1]
        if (existing != RowSlab.NULL_SLOT) {
            final boolean isRepeat = hasRequestId
                    && jobs.requestIdHigh(existing) == spec.requestIdHigh
                    && jobs.requestIdLow(existing) == spec.requestIdLow;
            context.touch(jobs.definitionPosition(existing));
            result.jobKey(isRepeat ? jobs.jobKey(existing) : 0)
                    .code(isRepeat ? RejectReason.OK : RejectReason.JOB_EXISTS.code());
            return;
        }
        final long removed = hasRequestId ? removedJobKey(context, buffer) : -1;
        if (removed >= 0) {
            context.touchAll();
            result.jobKey(removed).code(RejectReason.OK);
            return;
        }
        final int holder = spec.findHolder(context, buffer);
        // [SILO-UNIQUE-1]
        if (holder != RowSlab.NULL_SLOT) {
            context.touch(jobs.definitionPosition(holder));
            heldItems[heldCount] = index;
            holders[heldCount++] = holder;
            result.jobKey(jobs.jobKey(holder)).code(RejectReason.UNIQUE_KEY_HELD.code());
            return;
        }
        if (spec.isTooLate(context.nowMs())) {
            result.jobKey(0).code(RejectReason.INVALID_START_DEADLINE.code());
            return;
        }
        if (!spec.haveNamesRoom(context, buffer)) {
            result.jobKey(0).code(RejectReason.MEMORY_FULL.code());
            return;
        }
        Uploads.@Nullable Upload upload = null;
        if (spec.uploadId != 0) {
            upload = context.uploads().find(context.session().id(), spec.uploadId);
            if (upload == null || !upload.isComplete()) {
                result.jobKey(0).code(RejectReason.UPLOAD_NOT_FOUND.code());
                return;
            }
        }
        refusal = spec.quotaRefusal(context, buffer, upload);
        if (refusal != null) {
            result.jobKey(0).code(refusal.code());
            return;
        }
        final long jobKey = context.view().nextJobKey();
        final RecordBuffer record = context.record();
        event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader);
        record.commit(spec.encode(context, event, buffer, jobKey, upload));
        if (upload != null) {
            context.uploads().remove(upload);
        }
        result.jobKey(jobKey).code(RejectReason.OK);
    }

    /** Names the jobs that have the unique keys asked for, as many as fit. */
    private void tellHolders(CommandContext context) {
        final JobView jobs = context.view().jobs();
        final EnqueueReplyEncoder.HeldEncoder held = reply.heldCount(heldCount);
        for (int i = 0; i < heldCount; i++) {
            jobs.wrapId(holders[i], holderId);
            if (reply.limit() + HELD_BYTES + holderId.capacity() > Bounds.MESSAGE_BYTES_MAX) {
                break;
            }
            held.next().item(heldItems[i]).putJobId(holderId, 0, holderId.capacity());
        }
        held.resetCountToIndex();
    }

    /** Key of the job that this request made and that is gone since, or -1. */
    private long removedJobKey(CommandContext context, DirectBuffer buffer) {
        if (context.view().requests().count() == 0) {
            return -1;
        }
        final DirectBuffer tenant = spec.tenantLength == 0 ? NameChecks.noTenant() : buffer;
        final long tenantHash = Xxh64.hash(
                tenant,
                spec.tenantLength == 0 ? 0 : spec.tenantOffset,
                spec.tenantLength == 0 ? tenant.capacity() : spec.tenantLength);
        return context.view()
                .requests()
                .jobKey(
                        spec.requestIdHigh,
                        spec.requestIdLow,
                        Xxh64.hash(buffer, spec.idOffset, spec.idLength, tenantHash),
                        context.nowMs());
    }
}
