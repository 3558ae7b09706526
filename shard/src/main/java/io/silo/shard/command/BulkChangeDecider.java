package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.BulkChangeDecoder;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.BulkReplyEncoder;
import io.silo.shard.event.BulkStarts;
import io.silo.shard.state.BulkChange;
import io.silo.shard.state.JobFilter;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** BulkChange: BulkStarted now; the jobs are changed by internal commands, see {@link BulkSlices}. */
final class BulkChangeDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final BulkChangeDecoder command = new BulkChangeDecoder();
    private final BulkReplyEncoder reply = new BulkReplyEncoder();
    private final BulkStarts starts = new BulkStarts();
    private final JobFilters filters = new JobFilters();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        if (command.verbRaw() > BulkVerb.DELETE.value()) {
            context.reject(RejectReason.MALFORMED_FRAME);
            return;
        }
        readFilter(context, buffer);
        final BulkChange before = context.view()
                .bulks()
                .findByRequest(
                        command.requestIdHigh(),
                        command.requestIdLow(),
                        filters.filter().tenant());
        final RejectReason refusal = refusal(context, before);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        if (before != null) {
            context.touchAll();
            GetBulkDecider.reply(context, reply, before);
            return;
        }
        final long key = context.view().nextJobKey();
        final BulkChange.Spec spec = new BulkChange.Spec(
                io.silo.protocol.event.BulkVerb.get(command.verbRaw()),
                command.dryRun() != 0,
                filters.filter(),
                command.requestIdHigh(),
                command.requestIdLow());
        // [SILO-BULK-1]
        starts.write(context.record(), new BulkChange.Image(key, spec, context.nowMs(), 0, 0, 0));
        final BulkChange bulk = context.view().bulks().find(key);
        if (bulk == null) {
            throw new IllegalStateException("the bulk change that was begun is not there");
        }
        GetBulkDecider.reply(context, reply, bulk);
    }

    private void readFilter(CommandContext context, DirectBuffer buffer) {
        filters.begin(command.statuses(), command.minAgeMs());
        for (BulkChangeDecoder.MetadataDecoder entry : command.metadata()) {
            final int keyBytes = entry.keyLength();
            final String key = entry.key();
            final int valueBytes = entry.valueLength();
            filters.metadata(key, entry.value(), keyBytes + valueBytes);
        }
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + BulkChangeDecoder.tenantHeaderLength();
        command.skipTenant();
        final int groupLength = command.taskGroupLength();
        final int groupOffset = command.limit() + BulkChangeDecoder.taskGroupHeaderLength();
        filters.names(context, buffer, tenantOffset, tenantLength, groupOffset, groupLength);
    }

    /** Checks in the order of {@link RejectReason}. */
    private @Nullable RejectReason refusal(CommandContext context, @Nullable BulkChange before) {
        if (filters.nameRefusal() != null) {
            return filters.nameRefusal();
        }
        final JobFilter filter = filters.filter();
        // Everything is a slip more often than a wish: who means it names every status.
        final boolean isUnbounded = command.dryRun() == 0 && filter.isEmpty();
        if (filters.refusal() != null || isUnbounded) {
            return RejectReason.INVALID_FILTER;
        }
        return before == null && !context.view().bulks().hasRoom() ? RejectReason.TOO_MANY_BULKS : null;
    }
}
