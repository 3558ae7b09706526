package io.silo.client;

/** How an attempt stands. */
public enum AttemptStatus {
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED
}
