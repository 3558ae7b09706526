package io.silo.torture.kill;

/** What a child asks of its shard; ordinals are in the ledger. */
enum ChildVerb {
    ENQUEUE,
    UPLOAD,
    LEASE,
    SUCCEED,
    FAIL,
    RETURN,
    HEARTBEAT,
    CANCEL,
    RESTART,
    DELETE,
    /** Its numbers: key and maximum. */
    LIMIT;

    static ChildVerb of(long ordinal) {
        return values()[(int) ordinal];
    }
}
