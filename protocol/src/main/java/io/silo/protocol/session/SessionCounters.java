package io.silo.protocol.session;

/**
 * What the sessions of one shard thread have seen. Written by the shard thread alone without synchronisation; a metrics thread
 * may read at any time and sees a value a moment old.
 */
public final class SessionCounters {
    long opened;
    long open;
    long refused;
    long malformed;
    long denied;
    final long[] closedBy = new long[CloseReason.values().length];

    SessionCounters() {}

    /** Sessions ever authenticated. */
    public long opened() {
        return opened;
    }

    /** Sessions open now. */
    public long open() {
        return open;
    }

    /** Connections turned away before they were a session. */
    public long refused() {
        return refused;
    }

    /** Malformed or unsupported frames. */
    public long malformed() {
        return malformed;
    }

    /** Commands outside the scope of their token. */
    public long denied() {
        return denied;
    }

    /** Connections closed for a reason. */
    public long closed(CloseReason reason) {
        return closedBy[reason.ordinal()];
    }
}
