package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.SetPausedDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.PauseSetEncoder;
import io.silo.protocol.reply.PausedReplyEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.Pauses;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** SetPaused: PauseSet, where it changes something. A task group is everybody's, so a token of one tenant cannot pause it. */
final class SetPausedDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SetPausedDecoder command = new SetPausedDecoder();
    private final PausedReplyEncoder reply = new PausedReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final PauseSetEncoder event = new PauseSetEncoder();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int nameLength = command.nameLength();
        final int nameOffset = command.limit() + SetPausedDecoder.nameHeaderLength();
        final RejectReason refusal = refusal(context, buffer, nameOffset, nameLength);
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        final Pauses.Kind kind = Pauses.Kind.values()[command.kindRaw()];
        final String name = nameLength == 0 ? Bounds.TENANT_NONE : ScheduleNames.text(buffer, nameOffset, nameLength);
        final boolean paused = command.paused() != 0;
        final Pauses pauses = context.view().pauses();
        final boolean changes = pauses.contains(kind, name) != paused;
        if (changes && paused) {
            // Resuming needs no room.
            if (!context.view().hasRoomForNames()) {
                context.reject(RejectReason.MEMORY_FULL);
                return;
            }
            if (pauses.count() >= Pauses.PAUSES_MAX) {
                context.reject(RejectReason.TOO_MANY_PAUSES);
                return;
            }
        }
        if (changes) {
            final RecordBuffer record = context.record();
            event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                    .kind(io.silo.protocol.event.PauseKind.get(command.kindRaw()))
                    .paused((short) (paused ? 1 : 0))
                    .name(name);
            record.commit(event.limit());
        } else {
            context.touchAll();
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .changed((short) (changes ? 1 : 0));
        context.replied(reply.limit());
    }

    /** Checks in the order of {@link RejectReason}. */
    private @Nullable RejectReason refusal(CommandContext context, DirectBuffer buffer, int offset, int length) {
        if (command.kindRaw() > PauseKind.TENANT.value()) {
            return RejectReason.MALFORMED_FRAME;
        }
        if (command.kindRaw() == PauseKind.TENANT.value()) {
            return NameChecks.tenant(context.settings(), context.session(), buffer, offset, length);
        }
        return context.session().tenantScope() != null
                ? RejectReason.PERMISSION_DENIED
                : NameChecks.taskGroup(buffer, offset, length);
    }
}
