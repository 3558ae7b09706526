package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CountJobsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.JobCountsReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;

/** CountJobs: counters that every change of a status keeps right; none is counted anew. */
final class CountJobsDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CountJobsDecoder command = new CountJobsDecoder();
    private final JobCountsReplyEncoder reply = new JobCountsReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + CountJobsDecoder.tenantHeaderLength();
        final RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final ShardView view = context.view();
        final int tenant = TenantFilter.resolve(context.session(), view, buffer, tenantOffset, tenantLength);
        context.touchAll();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .scheduled(count(view, tenant, JobState.SCHEDULED))
                .running(count(view, tenant, JobState.RUNNING))
                .succeeded(count(view, tenant, JobState.SUCCEEDED))
                .failed(count(view, tenant, JobState.FAILED))
                .cancelled(count(view, tenant, JobState.CANCELLED));
        context.replied(reply.limit());
    }

    private static int count(ShardView view, int tenant, JobState state) {
        if (tenant == TenantFilter.UNKNOWN) {
            return 0;
        }
        return tenant == TaskGrants.ANY_TENANT ? view.jobCount(state) : view.jobCount(tenant, state);
    }
}
