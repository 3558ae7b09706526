package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CancelJobsDecoder;
import io.silo.protocol.command.CancelJobsDecoder.ItemsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.JobsChangedReplyEncoder;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * CancelJobs, RestartJobs, ExpediteJobs and DeleteJobs: one change for each job named, accepted or refused by itself. The four
 * have one layout, so one decoder reads them all; a test compares their schemas.
 */
final class JobsDecider implements CommandDecider {
    /** What an unknown job is answered with. */
    enum Unknown {
        REFUSED,
        FINE
    }

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CancelJobsDecoder command = new CancelJobsDecoder();
    private final JobsChangedReplyEncoder reply = new JobsChangedReplyEncoder();
    private final JobChanges.Verb change;
    private final Unknown unknown;

    JobsDecider(JobChanges.Verb change, Unknown unknown) {
        this.change = change;
        this.unknown = unknown;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        header.wrap(buffer, offset);
        command.wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH, header.blockLength(), header.version());
        final ItemsDecoder items = command.items();
        if (items.count() > Bounds.BATCH_ITEMS_MAX) {
            context.reject(RejectReason.BATCH_TOO_LARGE);
            return;
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final JobsChangedReplyEncoder.ResultsEncoder results = reply.resultsCount(items.count());
        while (items.hasNext()) {
            items.next();
            final int tenantLength = items.tenantLength();
            final int tenantOffset = command.limit() + ItemsDecoder.tenantHeaderLength();
            items.skipTenant();
            final int idLength = items.jobIdLength();
            final int idOffset = command.limit() + ItemsDecoder.jobIdHeaderLength();
            items.skipJobId();
            RejectReason refusal =
                    NameChecks.tenant(context.settings(), context.session(), buffer, tenantOffset, tenantLength);
            refusal = refusal != null ? refusal : NameChecks.jobId(buffer, idOffset, idLength);
            if (refusal != null) {
                results.next().jobKey(0).code(refusal.code()).status(JobStatus.SCHEDULED);
            } else {
                final int slot = JobLookup.slot(context, buffer, tenantOffset, tenantLength, idOffset, idLength);
                decideJob(context, slot, results.next());
            }
        }
        context.replied(reply.limit());
    }

    private void decideJob(CommandContext context, int slot, JobsChangedReplyEncoder.ResultsEncoder result) {
        if (slot == RowSlab.NULL_SLOT) {
            // Perhaps it was deleted just now.
            context.touchAll();
            result.jobKey(0)
                    .code(unknown == Unknown.FINE ? RejectReason.OK : RejectReason.JOB_NOT_FOUND.code())
                    .status(JobStatus.SCHEDULED);
            return;
        }
        final JobView jobs = context.view().jobs();
        final long jobKey = jobs.jobKey(slot);
        final short before = (short) jobs.state(slot).ordinal();
        final @Nullable RejectReason refusal = change.apply(context, slot);
        if (refusal != null) {
            context.touch(jobs.lastPosition(slot));
        }
        final short after = jobs.isLive(slot) ? (short) jobs.state(slot).ordinal() : before;
        result.jobKey(jobKey)
                .code(refusal == null ? RejectReason.OK : refusal.code())
                .status(JobStatus.get(after));
    }
}
