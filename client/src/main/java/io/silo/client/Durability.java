package io.silo.client;

/** What an acknowledgement promises. */
public enum Durability {
    /** Acknowledged after the sync: survives loss of power. The default. */
    DURABLE,
    /** Acknowledged from the page cache: survives a kill of the server's process. */
    APPENDED
}
