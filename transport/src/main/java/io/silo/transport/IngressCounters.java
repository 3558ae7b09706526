package io.silo.transport;

import io.silo.protocol.session.SessionCounters;

/**
 * What one ingress has seen. Written by the shard thread alone without synchronisation; a metrics thread may read at any time
 * and sees a value a moment old.
 */
public final class IngressCounters {
    private final SessionCounters sessions;
    long commands;
    long bytesIn;
    long bytesOut;
    long replies;
    long repliesParked;
    long repliesDropped;
    long imagesRejected;
    long pendingBytes;

    IngressCounters(SessionCounters sessions) {
        this.sessions = sessions;
    }

    /** What the session logic counted. */
    public SessionCounters sessions() {
        return sessions;
    }

    /** Whole messages taken off the wire. */
    public long commands() {
        return commands;
    }

    /** Bytes of those messages. */
    public long bytesIn() {
        return bytesIn;
    }

    /** Replies that left. */
    public long replies() {
        return replies;
    }

    /** Bytes of those replies. */
    public long bytesOut() {
        return bytesOut;
    }

    /** Replies that could not leave at once. */
    public long repliesParked() {
        return repliesParked;
    }

    /** Replies to sessions that were gone. */
    public long repliesDropped() {
        return repliesDropped;
    }

    /** Connections turned away before a message, by their number or their term length. */
    public long imagesRejected() {
        return imagesRejected;
    }

    /** Bytes of buffers that hold parked replies now. */
    public long pendingBytes() {
        return pendingBytes;
    }
}
