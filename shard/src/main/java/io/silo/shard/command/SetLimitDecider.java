package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.SetLimitDecoder;
import io.silo.protocol.event.LimitSetEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.reply.LimitSetReplyEncoder;
import io.silo.shard.event.FloatingLimitSets;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.FloatingLimits;
import io.silo.shard.state.LimitSettings;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** SetLimit: LimitSet, where it changes something, or FloatingLimitSet. */
final class SetLimitDecider implements CommandDecider {
    /** From a maximum that an operator found out to the next refresh, where no worker was asked before. */
    private static final long INTERVAL_MS_DEFAULT = 60_000;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SetLimitDecoder command = new SetLimitDecoder();
    private final LimitSetReplyEncoder reply = new LimitSetReplyEncoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final LimitSetEncoder event = new LimitSetEncoder();
    private final FloatingLimitSets floatingEvents = new FloatingLimitSets();
    private final LimitNames names = new LimitNames();

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        names.read(buffer, command.limit());
        final boolean isSet = command.isSet() != 0;
        final boolean isMaxGood = !isSet || command.maxConcurrency() <= Integer.MAX_VALUE;
        RejectReason refusal = names.refusal(context, true, null);
        refusal = refusal != null || isMaxGood ? refusal : RejectReason.INVALID_JOB_LIMIT;
        if (refusal != null) {
            context.reject(refusal);
            return;
        }
        if (command.isFloating() != 0) {
            decideFloating(context, isSet);
            return;
        }
        final int max = isSet ? (int) command.maxConcurrency() : LimitSettings.NONE;
        final int before = context.view().limitSettings().max(names.tenant, names.key);
        if (isSet && before == LimitSettings.NONE) {
            refusal =
                    refusalOfRoom(context.view(), context.view().limitSettings().count(), LimitSettings.SETTINGS_MAX);
            if (refusal != null) {
                context.reject(refusal);
                return;
            }
        }
        if (max != before) {
            final RecordBuffer record = context.record();
            event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                    .maxConcurrency(isSet ? max : 0)
                    .isSet((short) (isSet ? 1 : 0))
                    .putTenant(names.tenant, 0, names.tenant.capacity())
                    .putKey(names.key, 0, names.key.capacity());
            record.commit(event.limit());
        } else {
            context.touchAll();
        }
        answer(context, max != before);
    }

    private void answer(CommandContext context, boolean isChanged) {
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .changed((short) (isChanged ? 1 : 0));
        context.replied(reply.limit());
    }

    /** What is known of a floating limit: as if a worker had just found it out, or nothing any more. */
    private void decideFloating(CommandContext context, boolean isSet) {
        final FloatingLimits limits = context.view().floatingLimits();
        final FloatingLimits.Finding before = limits.of(names.tenant, names.key);
        if (isSet && before == null) {
            final RejectReason refusal = refusalOfRoom(context.view(), limits.count(), FloatingLimits.FINDINGS_MAX);
            if (refusal != null) {
                context.reject(refusal);
                return;
            }
        }
        if (isSet) {
            final long intervalMs = before == null ? INTERVAL_MS_DEFAULT : before.intervalMs();
            final FloatingLimits.Finding finding =
                    new FloatingLimits.Finding((int) command.maxConcurrency(), intervalMs, context.nowMs(), 0, 0, "");
            floatingEvents.write(context.record(), names.tenant, names.key, finding);
        } else if (before != null) {
            floatingEvents.forget(context.record(), names.tenant, names.key);
        } else {
            context.touchAll();
        }
        answer(context, isSet || before != null);
    }

    /** One more that is set needs room; another maximum, or none, does not. */
    private static @Nullable RejectReason refusalOfRoom(ShardView view, int count, int most) {
        if (!view.hasRoomForNames() || !view.hasRoomForLimits(1)) {
            return RejectReason.MEMORY_FULL;
        }
        return count >= most ? RejectReason.TOO_MANY_LIMITS : null;
    }
}
