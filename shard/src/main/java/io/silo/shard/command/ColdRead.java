package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.reply.ErrorReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.ShardView;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A read that goes to the log: what the shard knew when it was asked, and the reply that a reading thread makes of it. Made on the
 * shard thread, performed on another, taken back on the shard thread; never touched by two at once.
 */
public abstract class ColdRead {
    /** What the client asked for: the same however often it is looked up. */
    record Asked(Session session, long correlationId, boolean isAppendedEnough, int shard) {
        static Asked of(CommandContext context) {
            return new Asked(
                    context.session(),
                    context.header().correlationId(),
                    context.isAppendedEnough(),
                    context.settings().shard());
        }
    }

    final UnsafeBuffer reply = new UnsafeBuffer(0, 0);
    final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();
    private final Asked asked;
    private int replyLength;
    private int replyCode;

    ColdRead(Asked asked) {
        this.asked = asked;
    }

    final Asked asked() {
        return asked;
    }

    public final Session session() {
        return asked.session();
    }

    public final long correlationId() {
        return asked.correlationId();
    }

    public final boolean isAppendedEnough() {
        return asked.isAppendedEnough();
    }

    /** Number of the shard that asked. */
    public final int shard() {
        return asked.shard();
    }

    /** The record that the answer speaks of. */
    public abstract long touchedPosition();

    public final UnsafeBuffer reply() {
        return reply;
    }

    public final int replyLength() {
        return replyLength;
    }

    public final int replyCode() {
        return replyCode;
    }

    /** Reads and encodes the reply. Never throws: what cannot be read becomes a refusal. */
    public abstract void perform(JobReader reader);

    /**
     * The same read with what the shard knows now, where this one missed records that were carried and trimmed meanwhile; null = it is
     * answered as it is. Shard thread only.
     */
    public abstract @Nullable ColdRead again(ShardView view);

    /**
     * Goes on with what was read, on the shard thread: what needs the shard's state is added. The answer stands if this returns null; else
     * what is returned is read first. Not for a read that was refused with {@link RejectReason#RESULT_GONE}.
     *
     * @param firstPosition of the log, now.
     */
    public @Nullable ColdRead proceed(ShardView view, long firstPosition) {
        return null;
    }

    final void replied(int length) {
        replyLength = length;
    }

    final void refuse(RejectReason reason) {
        final ErrorReplyEncoder encoder = new ErrorReplyEncoder();
        encoder.wrapAndApplyHeader(reply, 0, messageHeader).retryAfterMs(0).message("");
        replyLength = encoder.limit();
        replyCode = reason.code();
    }
}
