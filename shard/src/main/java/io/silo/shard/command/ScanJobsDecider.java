package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ScanJobsDecoder;
import io.silo.protocol.command.ScanPath;
import io.silo.protocol.reply.JobRowsReplyEncoder;
import io.silo.shard.state.MetadataIndex;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * ScanJobs: a slice of the jobs along one path. What the rows have is answered at once; definitions are read off the shard's thread.
 */
final class ScanJobsDecider implements CommandDecider {
    /** Bits of statuses that mean something. */
    private static final int STATUSES = 0x3F;

    /** Most rows of a reply: what its group can count. */
    private static final int ROWS_MAX = 65_534;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ScanJobsDecoder command = new ScanJobsDecoder();
    private final JobRowsReplyEncoder reply = new JobRowsReplyEncoder();
    private final ScanRequest request = new ScanRequest();
    private final ScanWalk walk = new ScanWalk();
    private final ScanPage page = new ScanPage();
    private final ScanGroups groups = new ScanGroups();
    private final ScannedRow row = new ScannedRow();
    private final UnsafeBuffer scratch = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer tenantName = new UnsafeBuffer(0, 0);
    private int idOffset;
    private int idLength;
    private int keyOffset;
    private int keyLength;
    private int valueOffset;
    private int valueLength;
    private int left;

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final RejectReason refusal = read(context, buffer);
        if (refusal != null) {
            context.reject(refusal);
        } else if (request.needsLog()) {
            readLater(context, buffer);
        } else if (request.isGrouped()) {
            count(context, buffer);
        } else {
            answer(context, buffer);
        }
    }

    private void answer(CommandContext context, DirectBuffer buffer) {
        final ShardView view = context.view();
        final JobRowsReplyEncoder.RowsEncoder items = ScanPage.begin(
                reply, context.reply(), context.replyMessageHeader(), Math.min(request.rowsMax, ROWS_MAX));
        page.clear();
        left = request.rowsMax;
        walk(view, buffer, (slot, cursor, cursorAtMs) -> {
            if (left == 0) {
                return false;
            }
            row.take(view, slot, request.columns, scratch);
            if (!page.hasRoom(reply, row.bytes())) {
                return false;
            }
            left--;
            page.name(view, row, scratch);
            row.write(reply, items.next(), null, 0);
            return true;
        });
        page.end(reply, items);
        ScanRead.Head.of(walk, request, view).write(reply);
        context.touchAll();
        context.replied(reply.limit());
    }

    private void count(CommandContext context, DirectBuffer buffer) {
        final ShardView view = context.view();
        final JobRowsReplyEncoder.RowsEncoder noRows =
                ScanPage.begin(reply, context.reply(), context.replyMessageHeader(), 0);
        page.clear();
        groups.clear();
        walk(view, buffer, (slot, cursor, cursorAtMs) -> groups.add(view, request, slot, page, reply, scratch));
        page.end(reply, noRows, groups);
        ScanRead.Head.of(walk, request, view).write(reply);
        context.touchAll();
        context.replied(reply.limit());
    }

    private void readLater(CommandContext context, DirectBuffer buffer) {
        final ShardView view = context.view();
        context.touchAll();
        final ScanRead read = new ScanRead(
                ColdRead.Asked.of(context), context.touchedPosition(), (request.columns & ScannedRow.PAYLOADS) != 0);
        left = request.rowsMax;
        walk(
                view,
                buffer,
                (slot, cursor, cursorAtMs) ->
                        left-- > 0 && read.add(view, slot, request.columns, cursor, cursorAtMs, scratch));
        read.head(ScanRead.Head.of(walk, request, view));
        if (context.coldReads().submit(read)) {
            context.noReply();
        } else {
            context.reject(RejectReason.BUSY);
        }
    }

    private void walk(ShardView view, DirectBuffer buffer, ScanWalk.Visitor visitor) {
        if (request.tenant == TenantFilter.UNKNOWN || request.taskGroup == TenantFilter.UNKNOWN) {
            walk.nothing(request);
            return;
        }
        final MetadataIndex metadata = view.scanReport().metadata();
        switch (request.path) {
            case STATUS -> walk.chain(view, request, visitor);
            case JOB -> walk.job(view, request, buffer, idOffset, idLength, tenantName, visitor);
            case METADATA -> {
                final int keyHash = metadata.hash(buffer, keyOffset, keyLength);
                if (request.isPrefix) {
                    final long head = MetadataIndex.head(buffer, valueOffset, valueLength);
                    walk.metadataPrefix(view, request, keyHash, head, valueLength, visitor);
                } else {
                    walk.metadata(view, request, keyHash, metadata.hash(buffer, valueOffset, valueLength), visitor);
                }
            }
            default -> walk.rows(view, request, visitor);
        }
    }

    /** Takes the command's fields. Returns what is wrong with them, or null; in the order of {@link RejectReason}. */
    private @Nullable RejectReason read(CommandContext context, DirectBuffer buffer) {
        request.cursor = command.cursor();
        request.cursorAtMs = command.cursorAtMs();
        request.asOfMs = command.asOfMs() == 0 ? context.nowMs() : command.asOfMs();
        request.minChangedAtMs = command.minChangedAtMs();
        request.maxChangedAtMs = command.maxChangedAtMs();
        request.untilRow = (int) Math.min(Integer.MAX_VALUE, command.untilRow());
        request.rowsMax = command.rowsMax();
        request.columns = command.columns();
        request.statuses = command.statuses();
        request.limitedOnly = command.limitedOnly() != 0;
        request.isPrefix = command.isPrefix() != 0;
        final int path = command.pathRaw();
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + ScanJobsDecoder.tenantHeaderLength();
        command.skipTenant();
        final int groupLength = command.taskGroupLength();
        final int groupOffset = command.limit() + ScanJobsDecoder.taskGroupHeaderLength();
        command.skipTaskGroup();
        idLength = command.jobIdLength();
        idOffset = command.limit() + ScanJobsDecoder.jobIdHeaderLength();
        command.skipJobId();
        keyLength = command.metadataKeyLength();
        keyOffset = command.limit() + ScanJobsDecoder.metadataKeyHeaderLength();
        command.skipMetadataKey();
        valueLength = command.metadataValueLength();
        valueOffset = command.limit() + ScanJobsDecoder.metadataValueHeaderLength();
        final RejectReason refusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (refusal != null) {
            return refusal;
        }
        if (groupLength > 0) {
            final RejectReason groupRefusal = NameChecks.taskGroup(buffer, groupOffset, groupLength);
            if (groupRefusal != null) {
                return groupRefusal;
            }
        }
        if (request.rowsMax == 0 || request.rowsMax > ROWS_MAX) {
            return RejectReason.INVALID_LIMIT;
        }
        if (path > ScanPath.METADATA.value()
                || (request.statuses & ~STATUSES) != 0
                || idLength > Bounds.JOB_ID_BYTES_MAX) {
            return RejectReason.INVALID_FILTER;
        }
        final ShardView view = context.view();
        request.path = ScanPath.get((short) path);
        if (!request.isSound()) {
            return RejectReason.INVALID_FILTER;
        }
        request.tenant = TenantFilter.resolve(context.session(), view, buffer, tenantOffset, tenantLength);
        request.taskGroup = ScanRequest.ANY;
        if (groupLength > 0) {
            final int group = view.findTaskGroup(buffer, groupOffset, groupLength);
            request.taskGroup = group < 0 ? TenantFilter.UNKNOWN : group;
        }
        return request.path == ScanPath.STATUS && (request.tenant == ScanRequest.ANY || request.chain() < 0)
                ? RejectReason.INVALID_FILTER
                : null;
    }
}
