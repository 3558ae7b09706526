package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ListJobsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.JobsReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** ListJobs: what matches in a slice of the rows. */
final class ListJobsDecider implements CommandDecider {
    /** One job in the reply with the longest names. */
    private static final int ITEM_BYTES =
            64 + 4 * Bounds.TENANT_CHARACTERS_MAX + 4 * Bounds.TASK_GROUP_CHARACTERS_MAX + Bounds.JOB_ID_BYTES_MAX;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ListJobsDecoder command = new ListJobsDecoder();
    private final JobsReplyEncoder reply = new JobsReplyEncoder();
    private final JobFilters filters = new JobFilters();
    private final JobScan scan = new JobScan();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);
    private int left;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final long cursor = command.cursor();
        final int pageSize = command.pageSize();
        readFilter(context, buffer);
        final RejectReason refusal = refusal(pageSize);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final JobsReplyEncoder.JobsEncoder items = reply.jobsCount(pageSize);
        left = pageSize;
        final int rows = context.view().jobs().slotLimit();
        final int first = (int) Math.min(rows, cursor);
        final JobScan.Scope scope = new JobScan.Scope(filters.filter(), Long.MAX_VALUE, context.nowMs());
        final int next = scan.slice(context, scope, first, slot -> {
            if (left == 0 || reply.limit() + ITEM_BYTES > Bounds.MESSAGE_BYTES_MAX) {
                return false;
            }
            left--;
            encode(context.view(), slot, items.next());
            return true;
        });
        items.resetCountToIndex();
        reply.nextCursor(next).isLast((short) (next >= rows ? 1 : 0));
        context.touchAll();
        context.replied(reply.limit());
    }

    private void readFilter(CommandContext context, DirectBuffer buffer) {
        filters.begin(command.statuses(), command.minAgeMs());
        for (ListJobsDecoder.MetadataDecoder entry : command.metadata()) {
            final int keyBytes = entry.keyLength();
            final String key = entry.key();
            final int valueBytes = entry.valueLength();
            filters.metadata(key, entry.value(), keyBytes + valueBytes);
        }
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ListJobsDecoder.tenantHeaderLength();
        command.skipTenant();
        final int groupLength = command.taskGroupLength();
        final int groupOffset = command.limit() + ListJobsDecoder.taskGroupHeaderLength();
        filters.names(context, buffer, tenantOffset, tenantLength, groupOffset, groupLength);
    }

    /** Checks in the order of {@link RejectReason}. */
    private @Nullable RejectReason refusal(int pageSize) {
        if (filters.nameRefusal() != null) {
            return filters.nameRefusal();
        }
        if (pageSize == 0 || pageSize > Bounds.PAGE_ITEMS_MAX) {
            return RejectReason.INVALID_LIMIT;
        }
        return filters.refusal();
    }

    private void encode(ShardView view, int slot, JobsReplyEncoder.JobsEncoder item) {
        final JobView jobs = view.jobs();
        final JobState state = jobs.state(slot);
        item.changedAtMs(jobs.changedAtMs(slot))
                .startAtMs(state == JobState.SCHEDULED ? jobs.startMs(slot) : 0)
                // As GetJob tells it: none yet.
                .attempt(isFirstPending(jobs, slot) ? 0 : jobs.attempt(slot))
                .priority((short) jobs.priority(slot))
                .status(JobStatus.get((short) state.ordinal()));
        view.wrapTenant(jobs.tenant(slot), name);
        item.putTenant(name, 0, name.capacity());
        view.wrapTaskGroup(jobs.taskGroup(slot), name);
        item.putTaskGroup(name, 0, name.capacity());
        jobs.wrapId(slot, name);
        item.putJobId(name, 0, name.capacity());
    }

    private static boolean isFirstPending(JobView jobs, int slot) {
        return jobs.attempt(slot) == 1 && (jobs.state(slot) == JobState.SCHEDULED || jobs.isCancelledPending(slot));
    }
}
