package io.silo.simulation.canary;

import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Now and then a reply goes to the session that got the one before. */
final class MisdirectedReplies extends ReplyBug {
    private static final int REPLIES_PER_ERROR = 10;
    private @Nullable Session before;
    private int replies;

    MisdirectedReplies(ReplySink sink) {
        super(sink);
    }

    @Override
    void reply(Session session, int templateId, UnsafeBuffer reply) {
        boolean isOther = before != null && !before.equals(session);
        Session to = isOther && before != null && ++replies % REPLIES_PER_ERROR == 0 ? before : session;
        before = session;
        pass(to, reply);
    }
}
