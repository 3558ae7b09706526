package io.silo.client;

/** What ended a lease. */
public enum LeaseEndCause {
    /** The event ends none. */
    NONE,
    /** Its worker reported an outcome. */
    REPORTED,
    /** Its length ran out. */
    EXPIRED,
    /** The longest run of the job was reached. */
    OVERRAN,
    /** Its worker gave it back. */
    RETURNED,
    /** The session of its worker closed. */
    SESSION_CLOSED,
    /** Nobody claimed it after a restart of the server. */
    UNCLAIMED_AFTER_RESTART,
    /** Its worker gave it back until a later time. */
    SNOOZED
}
