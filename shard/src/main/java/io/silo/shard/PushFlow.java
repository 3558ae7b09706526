package io.silo.shard;

import io.silo.protocol.Bounds;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;

/**
 * What is pushed to one session. A worker may have more credits than its stream and its client take at once; what goes beyond would
 * wait for it up to the bound at which a session is dropped, leases and all. So tasks stay ready while the session has replies
 * unread, and in one duty cycle get no more than {@link #BYTES_PER_CYCLE}. Shard thread only.
 */
final class PushFlow {
    /** 512 KiB: what an empty stream takes, and half of what may wait behind it. */
    private static final int BYTES_PER_CYCLE = 512 * 1024;

    private final Session session;
    private long cycle;
    private int bytes;

    PushFlow(Session session) {
        this.session = session;
    }

    /** Whether the session has not taken what it was sent before. */
    boolean isBehind(ReplySink replies) {
        return replies.isBehind(session);
    }

    /** Whether one more push of any length may go out in this duty cycle. */
    boolean hasRoom(long dutyCycle) {
        if (cycle != dutyCycle) {
            cycle = dutyCycle;
            bytes = 0;
        }
        return bytes + Bounds.MESSAGE_BYTES_MAX <= BYTES_PER_CYCLE;
    }

    void pushed(int length) {
        bytes += length;
    }
}
