package io.silo.simulation.model;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/** The answer that a command must get. */
final class Expected {
    /** Judges an answer that is no refusal of the whole command. */
    interface Judge {
        void judge(ModelReply reply);
    }

    /** What the state of the machine may bring at any time, if then nothing was appended. */
    static final EnumSet<RejectReason> ENVIRONMENT =
            EnumSet.of(RejectReason.SHARD_CLOSED, RejectReason.BUSY, RejectReason.MEMORY_FULL, RejectReason.DISK_FULL);

    final Session session;
    final long correlationId;
    final String command;
    final boolean appendedEnough;

    /** Refusals of the whole command that are right; with them and without a judge, nothing else is. */
    final EnumSet<RejectReason> refusals = EnumSet.noneOf(RejectReason.class);

    @Nullable
    Judge judge;

    /** Whether the command left nothing in the log. */
    boolean nothingAppended = true;

    /** The latest record that the answer speaks of, as far as the model must insist; -1 = none. */
    long speaksOf = -1;

    /** Whether it may be answered in a later duty cycle: it waits, or is read from the log. */
    boolean isLate;

    /** A job whose records may have gone with it, when its deletion overtakes a read of it. */
    @Nullable
    ModelJob about;

    Expected(Session session, ModelCommand.Header header, ModelCommand command) {
        this.session = session;
        this.correlationId = header.correlationId();
        this.command = command.getClass().getSimpleName() + ' ' + correlationId;
        this.appendedEnough = header.isAppendedEnough();
    }

    Expected refused(RejectReason reason) {
        refusals.add(reason);
        return this;
    }

    Expected answered(Judge by) {
        judge = by;
        return this;
    }

    Expected late() {
        isLate = true;
        return this;
    }

    void speaksOf(long position) {
        speaksOf = Math.max(speaksOf, position);
    }

    void check(ModelReply reply) {
        Claim.check(
                reply.isDurable() || appendedEnough,
                "%s asked for durable and was answered from the page cache: %s",
                command,
                reply);
        checkDurable(reply);
        if (reply.isRefusal()) {
            final RejectReason reason = RejectReason.fromCode(reply.code());
            final boolean isEnvironment = nothingAppended && reason != null && ENVIRONMENT.contains(reason);
            if (isOvertaken(reason)) {
                return;
            }
            Claim.check(
                    isEnvironment || reason != null && refusals.contains(reason),
                    "%s was refused with %s; right were %s%s",
                    command,
                    reason,
                    refusals,
                    judge == null ? "" : " or an answer");
            if (isEnvironment && !refusals.contains(reason)) {
                return;
            }
        } else {
            Claim.check(reply.code() == RejectReason.OK, "%s answers with code %d", reply, reply.code());
            final Judge by = judge;
            if (by == null) {
                throw new AssertionError(command + " was answered by " + reply + "; right was a refusal: " + refusals);
            }
            by.judge(reply);
        }
        Claim.check(
                reply.position() >= speaksOf,
                "%s speaks of position %d at least, its answer of %d",
                command,
                speaksOf,
                reply.position());
    }

    /** Whether it is a reply of the right kind. */
    boolean fits(ModelReply reply) {
        final RejectReason reason = RejectReason.fromCode(reply.code());
        return reply.isRefusal()
                ? isOvertaken(reason)
                        || reason != null
                                && (refusals.contains(reason) || nothingAppended && ENVIRONMENT.contains(reason))
                : judge != null;
    }

    /** Whether it is a read that lost its records to what was done to the job meanwhile. */
    private boolean isOvertaken(@Nullable RejectReason reason) {
        return reason == RejectReason.RESULT_GONE && about != null && (about.isDeleted || !about.state.isTerminal());
    }

    static void checkDurable(ModelReply reply) {
        Claim.check(
                !reply.isDurable() || reply.position() <= reply.durablePosition(),
                "%s claims durable, but the log is durable up to %d",
                reply,
                reply.durablePosition());
    }
}
