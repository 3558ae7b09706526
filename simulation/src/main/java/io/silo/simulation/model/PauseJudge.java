package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.PausedReplyDecoder;

/** Judges SetPaused. */
final class PauseJudge {
    private final ModelContext context;

    PauseJudge(ModelContext context) {
        this.context = context;
    }

    void judge(Expected expected, ModelCommand.SetPaused command, EventCursor events) {
        final RejectReason reason = ArgumentRules.first(context.rules.of(expected.session, command));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final ModelPauses pauses = context.state.pauses();
        final String name = command.name().isEmpty() ? Bounds.TENANT_NONE : command.name();
        final boolean changes = pauses.isPaused(command.kind(), name) != command.paused();
        if (changes) {
            final ModelEvent.PauseSet event = events.take(ModelEvent.PauseSet.class);
            if (event == null) {
                // Only the environment may refuse it.
                return;
            }
            Claim.equal(
                    new ModelEvent.PauseSet(event.place(), command.kind(), command.paused(), name), event, "PauseSet");
            context.state.apply(event);
        } else {
            expected.speaksOf(pauses.changedAt(command.kind(), name));
        }
        expected.answered(reply -> {
            Claim.equal(PausedReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final PausedReplyDecoder told =
                    new PausedReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            Claim.equal(changes, told.changed() != 0, "change told by", reply);
        });
    }
}
