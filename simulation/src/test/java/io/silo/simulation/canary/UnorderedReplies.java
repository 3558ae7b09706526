package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.simulation.broker.SimParts;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Replies of a duty cycle leave session by session, in the order of a table of identity hash codes. */
final class UnorderedReplies extends SimParts {
    private @Nullable ReplySink transport;
    private IdentityHashMap<Session, List<UnsafeBuffer>> kept = new IdentityHashMap<>();

    @Override
    public ReplySink replies(ReplySink replies) {
        if (!replies.equals(transport)) {
            transport = replies;
            kept = new IdentityHashMap<>();
        }
        return new Kept(replies, kept);
    }

    private static final class Kept extends ReplyBug {
        private final IdentityHashMap<Session, List<UnsafeBuffer>> kept;

        Kept(ReplySink sink, IdentityHashMap<Session, List<UnsafeBuffer>> kept) {
            super(sink);
            this.kept = kept;
        }

        @Override
        void reply(Session session, int templateId, UnsafeBuffer reply) {
            kept.computeIfAbsent(session, first -> new ArrayList<>()).add(reply);
        }

        @Override
        public int flush() {
            kept.forEach((session, replies) -> replies.forEach(reply -> pass(session, reply)));
            kept.clear();
            return super.flush();
        }
    }
}
