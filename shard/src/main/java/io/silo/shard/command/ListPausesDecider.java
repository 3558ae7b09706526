package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.ListPausesDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.reply.PauseKind;
import io.silo.protocol.reply.PausesReplyEncoder;
import io.silo.shard.state.Pauses;
import io.silo.shard.state.Pauses.Pause;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** ListPauses: what is paused on the shard, a page at a time. */
final class ListPausesDecider implements CommandDecider {
    /** Most bytes that one takes in the reply. */
    private static final int ITEM_BYTES = 8 + 4 * Bounds.TASK_GROUP_CHARACTERS_MAX;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ListPausesDecoder command = new ListPausesDecoder();
    private final PausesReplyEncoder reply = new PausesReplyEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int kind = command.afterKindRaw();
        if (kind >= Pauses.Kind.values().length) {
            context.reject(RejectReason.MALFORMED_FRAME);
            return;
        }
        final int nameLength = command.afterNameLength();
        final int nameOffset = command.limit() + ListPausesDecoder.afterNameHeaderLength();
        final Pause after = new Pause(Pauses.Kind.values()[kind], ScheduleNames.text(buffer, nameOffset, nameLength));
        final DirectBuffer scope = context.session().tenantScope();
        final Pause only =
                scope == null ? null : new Pause(Pauses.Kind.TENANT, ScheduleNames.text(scope, 0, scope.capacity()));
        final Pauses pauses = context.view().pauses();
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final PausesReplyEncoder.PausesEncoder items = reply.pausesCount(Bounds.PAGE_ITEMS_MAX);
        int left = Bounds.PAGE_ITEMS_MAX;
        Pause next = next(pauses, after, only);
        for (; next != null; next = next(pauses, next, only)) {
            if (left-- == 0 || reply.limit() + ITEM_BYTES > Bounds.MESSAGE_BYTES_MAX) {
                break;
            }
            items.next().kind(PauseKind.get((short) next.kind().ordinal())).name(next.name());
        }
        items.resetCountToIndex();
        reply.isLast((short) (next == null ? 1 : 0));
        context.touchAll();
        context.replied(reply.limit());
    }

    /** @param only the one that the session may see; null = all. It is looked up, not looked for. */
    private static @Nullable Pause next(Pauses pauses, Pause after, @Nullable Pause only) {
        if (only == null) {
            return pauses.after(after);
        }
        return after.compareTo(only) < 0 && pauses.contains(only.kind(), only.name()) ? only : null;
    }
}
