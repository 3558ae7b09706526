package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.LeaseRefreshesDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.limit.FloatingLimitDecoder;
import io.silo.protocol.reply.RefreshesLeasedEncoder;
import io.silo.shard.state.FloatingLimits;
import io.silo.shard.state.Refreshes;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * LeaseRefreshes: floating limits that a worker is to find out, each with what the job that waits first says of it. Leases of refreshes are
 * volatile, so nothing is logged.
 */
final class LeaseRefreshesDecider implements CommandDecider {
    /** One refresh in the reply without its metadata: the longest names. */
    private static final int ITEM_BYTES = 64 + 4 * Bounds.TENANT_CHARACTERS_MAX + Bounds.LIMIT_KEY_BYTES_MAX;

    private static final int METADATA_BYTES_MAX = Bounds.METADATA_BYTES_MAX + 4 * Bounds.METADATA_ENTRIES_MAX + 4;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LeaseRefreshesDecoder command = new LeaseRefreshesDecoder();
    private final WorkerCall call = new WorkerCall();
    private final RefreshesLeasedEncoder reply = new RefreshesLeasedEncoder();
    private final io.silo.protocol.event.MessageHeaderDecoder eventHeader =
            new io.silo.protocol.event.MessageHeaderDecoder();
    private final JobEnqueuedDecoder definition = new JobEnqueuedDecoder();
    private final io.silo.protocol.limit.MessageHeaderDecoder limitHeader =
            new io.silo.protocol.limit.MessageHeaderDecoder();
    private final FloatingLimitDecoder floating = new FloatingLimitDecoder();
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer other = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        command.wrapTenant(call.tenantName);
        command.wrapTaskGroup(call.taskGroupName);
        command.wrapWorkerId(call.worker);
        final RejectReason refusal =
                call.check(context, command.maxRefreshes(), Bounds.REFRESHES_PER_CALL_MAX, command.waitMs());
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final int most = call.find(context) ? command.maxRefreshes() : 0;
        final int leased = lease(context, call.taskGroup(), call.tenant(), most);
        if (leased == 0 && command.maxRefreshes() > 0 && command.waitMs() > 0) {
            final long deadlineMs = context.monotonicMs() + command.waitMs();
            if (context.waitingCalls()
                    .awaitRefresh(context.session(), call.taskGroupName, deadlineMs, buffer, offset, length)) {
                context.noReply();
            } else {
                context.reject(RejectReason.TOO_MANY_SUBSCRIPTIONS);
            }
        }
    }

    private int lease(CommandContext context, int group, int tenant, int most) {
        final Refreshes refreshes = context.refreshes();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .leaseMs(context.settings().leaseMs());
        final RefreshesLeasedEncoder.RefreshesEncoder items = reply.refreshesCount(most);
        int leased = 0;
        while (leased < most && reply.limit() + ITEM_BYTES + METADATA_BYTES_MAX <= Bounds.MESSAGE_BYTES_MAX) {
            final Refreshes.Refresh refresh = refreshes.poll(group, tenant);
            if (refresh == null) {
                break;
            }
            final int task = refreshes.waitingTask(refresh.limit(), group);
            refreshes.wrapKey(refresh, key);
            if (task == RowSlab.NULL_SLOT || !find(context.definition(task))) {
                throw new IllegalStateException("a task that waits for a floating limit does not name it");
            }
            final long deadlineMs = context.monotonicMs() + context.settings().leaseMs();
            refreshes.lease(refresh, context.session().id(), deadlineMs, floating.refreshIntervalMs());
            encode(context, items.next(), refresh, refreshes.max(task));
            leased++;
        }
        items.resetCountToIndex();
        context.touchAll();
        context.replied(reply.limit());
        return leased;
    }

    /** Goes to the details of the limit with the key; false if the job does not name it as a floating one. */
    private boolean find(DirectBuffer job) {
        definition.wrapAndApplyHeader(job, 0, eventHeader);
        boolean isFound = false;
        for (final JobEnqueuedDecoder.LimitsDecoder limit = definition.limits(); limit.hasNext() && !isFound; ) {
            limit.next();
            limit.wrapKey(other);
            final int detailsLength = limit.detailsLength();
            final int detailsOffset = definition.limit() + JobEnqueuedDecoder.LimitsDecoder.detailsHeaderLength();
            limit.skipDetails();
            if (detailsLength > 0 && other.equals(key)) {
                limitHeader.wrap(job, detailsOffset);
                isFound = limitHeader.templateId() == FloatingLimitDecoder.TEMPLATE_ID;
                if (isFound) {
                    floating.wrapAndApplyHeader(job, detailsOffset, limitHeader);
                }
            }
        }
        return isFound;
    }

    private void encode(
            CommandContext context, RefreshesLeasedEncoder.RefreshesEncoder item, Refreshes.Refresh refresh, int max) {
        final FloatingLimits.Finding finding = context.view().floatingLimits().of(refresh.limit());
        item.tokenEpoch(context.record().shardEpoch())
                .token(refresh.token())
                .refreshedAtMs(finding == null ? 0 : finding.refreshedAtMs())
                .maxConcurrency(max);
        // One layout in both: the group is copied as it is.
        final int from = floating.limit();
        for (final FloatingLimitDecoder.MetadataDecoder entry = floating.metadata(); entry.hasNext(); ) {
            entry.next();
            entry.skipKey();
            entry.skipValue();
        }
        final int at = reply.limit();
        context.reply().putBytes(at, floating.buffer(), from, floating.limit() - from);
        reply.limit(at + floating.limit() - from);
        context.refreshes().wrapTenant(refresh, name);
        item.putTenant(name, 0, name.capacity());
        item.putKey(key, 0, key.capacity());
    }
}
