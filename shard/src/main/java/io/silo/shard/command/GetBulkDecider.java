package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetBulkDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.BulkReplyEncoder;
import io.silo.protocol.reply.BulkVerb;
import io.silo.shard.state.BulkChange;
import org.agrona.DirectBuffer;

/** GetBulk: how far a bulk change is. That of another tenant is unknown to a session with a scope. */
final class GetBulkDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final GetBulkDecoder command = new GetBulkDecoder();
    private final BulkReplyEncoder reply = new BulkReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final BulkChange bulk = context.view().bulks().find(command.bulkKey());
        context.touchAll();
        if (bulk == null || !maySee(context, bulk)) {
            context.reject(RejectReason.BULK_NOT_FOUND);
            return;
        }
        reply(context, reply, bulk);
    }

    private static boolean maySee(CommandContext context, BulkChange bulk) {
        final DirectBuffer scope = context.session().tenantScope();
        return scope == null
                || ScheduleNames.text(scope, 0, scope.capacity())
                        .equals(bulk.spec().filter().tenant());
    }

    static void reply(CommandContext context, BulkReplyEncoder reply, BulkChange bulk) {
        final int rows = context.view().jobs().slotLimit();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .bulkKey(bulk.key())
                .startedAtMs(bulk.startedAtMs())
                .finishedAtMs(bulk.finishedAtMs())
                .changed(bulk.changed())
                .skipped(bulk.skipped())
                .rowsSeen(bulk.isFinished() ? rows : Math.min(rows, bulk.nextSlot()))
                .rows(rows)
                .verb(BulkVerb.get(bulk.spec().verb().value()))
                .dryRun((short) (bulk.spec().dryRun() ? 1 : 0));
        context.replied(reply.limit());
    }
}
