package io.silo.protocol.session;

/** Why a connection ended. */
public enum CloseReason {
    /** The client said so: its leases return at once. */
    CLOSED_BY_CLIENT,
    /** The transport lost the client. */
    CONNECTION_LOST,
    /** Nothing was heard for the session time-out. */
    SILENT,
    /** The token was wrong, or the first message was no Hello. */
    UNAUTHENTICATED,
    /** The client speaks another version of the protocol. */
    UNSUPPORTED,
    /** There was no room for another session. */
    TOO_MANY_SESSIONS,
    /** The client sent too many malformed frames. */
    MALFORMED_FRAMES,
    /** The client did not take its replies. */
    TOO_SLOW,
    /** The server stops, or its transport failed. */
    SERVER_CLOSED
}
