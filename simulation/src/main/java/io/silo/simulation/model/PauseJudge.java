package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.PausedReplyDecoder;
import io.silo.protocol.reply.PausesReplyDecoder;
import java.util.ArrayList;
import java.util.List;

/** Judges SetPaused and ListPauses. */
final class PauseJudge {
    private final ModelContext context;

    PauseJudge(ModelContext context) {
        this.context = context;
    }

    void set(Expected expected, ModelCommand.SetPaused command, EventCursor events) {
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

    void list(Expected expected, ModelCommand.ListPauses command) {
        if (command.afterKind() > ModelPauses.TENANT) {
            expected.refused(RejectReason.MALFORMED_FRAME);
            return;
        }
        final ModelPauses pauses = context.state.pauses();
        final String scope = Asker.scopeOf(expected.session);
        final List<String> right = pauses.after(command.afterKind(), command.afterName()).stream()
                .filter(pause -> scope == null || pause.equals(ModelPauses.key(ModelPauses.TENANT, scope)))
                .toList();
        expected.speaksOf(pauses.changedAt());
        expected.answered(reply -> {
            Claim.equal(PausesReplyDecoder.TEMPLATE_ID, reply.templateId(), "kind of", reply);
            final PausesReplyDecoder d =
                    new PausesReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            final boolean isLast = d.isLast() != 0;
            final List<String> told = new ArrayList<>();
            for (PausesReplyDecoder.PausesDecoder pause : d.pauses()) {
                told.add(ModelPauses.key(pause.kindRaw(), Text.of(pause.nameLength(), pause::getName)));
            }
            Claim.equal(
                    isLast ? right : right.subList(0, Math.min(told.size(), right.size())),
                    told,
                    "pauses told by",
                    reply);
        });
    }
}
