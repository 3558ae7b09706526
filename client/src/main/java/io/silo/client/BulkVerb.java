package io.silo.client;

/** What a bulk change does to each job; see the verb of the same name for one job. */
public enum BulkVerb {
    CANCEL,
    RESTART,
    EXPEDITE,
    DELETE
}
